import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { strip } from "../../stream.ts";
import { forSums, lines, outline, type Tile, tilesOf } from "../../text.ts";
import type { P, Spec } from "../matmul-integer.ts";
import { isNarrow, put, tileRefusal, vec4Lanes, zeros } from "../text.ts";

/**
 * A register tile a thread that multiplies four bytes by four bytes in one instruction, dot4I8Packed or dot4U8Packed.
 *
 *              b: 4 k x 4 columns, a word a column
 *              ┌┬┬┬┐
 *     a: ┌──┐  │││││      8 x 4 sums a thread, 8 x 8 threads a workgroup;
 *      8 │4k│  ││││▼      per 4 k: 8 words of a, 4 of b, 32 dot products = 128 multiply-adds
 *        └──┘  └┴┴┴┘
 *
 * Bytes stay packed. Where k is not the inner dimension as stored, four words of four k are turned about in registers. Of mixed signs
 * the unsigned one becomes signed, its bytes and its zero point 128 less. Zero points are taken off at the end:
 * Σ(a - za)(b - zb) = Σab - za·Σb - zb·Σa + k·za·zb, the sums of rows and columns being dot products with ones.
 *
 * For GPUs that have the instruction (NVIDIA since Pascal, AMD since Vega 20, Intel since Xe, Adreno and Mali of the last years). Never Apple, which
 * has none: there a compiler writes it out in shifts and integer multiplies, and f32 (direct) is the fast way.
 * CPU adapters write it out too: 512³ takes 18.7 ms on lavapipe, 126 on SwiftShader, where quad takes 10 and 51. No GPU measured yet.
 */
export const dot4: Form<P, Spec, { rows: number; columns: number }> = {
  tiles: [
    { rows: 8, columns: 4 },
    { rows: 4, columns: 4 },
    { rows: 8, columns: 8 },
  ],
  needs: () => ({ invocations: 64 }),
  refuses(problem, { dot4: can }) {
    const { spec } = problem;
    if (!can) return "it needs the WGSL extension packed_4x8_integer_dot_product";
    if (!isNarrow(spec.a)) return `it needs operands of i8 or u8; a is ${spec.a}`;
    if (spec.tail || !spec.vecA || !spec.vecB) return "it reads rows of a multiple of 4 only, along k and as stored";
    return tileRefusal(problem);
  },
  lanes: vec4Lanes,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, 8 * rows, 8 * columns),
  wgsl(spec, { rows, columns }) {
    const tile = { rows, cols4: columns / 4 };
    const mixed = spec.a !== spec.b;
    const shifted = { a: mixed && spec.a === "u8", b: mixed && spec.b === "u8" };
    const needA = spec.bZero !== undefined || shifted.b; // Σa
    const needB = spec.aZero !== undefined || shifted.a;
    const a = words("a", !spec.transA, rows, "row", "p.m");
    const b = words("b", spec.transB, columns, "col", "p.n");
    const body = wgsl`  ${needA || needB ? "let which = matrices(matrix);" : ""}
  ${a.starts}
  ${b.starts}
  ${needA ? lines(rows, (r) => `var of_a${r} = 0;`, " ") : ""}
  ${needB ? lines(tile.cols4, (c) => `var of_b${c} = vec4i();`, " ") : ""}
  let blocks = p.k / 4u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= blocks) { break; }
    ${a.load}
    ${b.load}
    ${forSums(tile, (r, c) => `c${r}_${c} += dots(a${r >> 2}[${r & 3}], b${c});`)}
    ${needA ? lines(rows, (r) => `of_a${r} += dot_bytes(a${r >> 2}[${r & 3}], 0x01010101u);`, " ") : ""}
    ${needB ? lines(tile.cols4, (c) => `of_b${c} += dots(0x01010101u, b${c});`, " ") : ""}
  }
  ${needA || needB ? zeroPoints(tile, shifted, needA, needB) : ""}`;
    return outline(spec, tile, [8, 8], body, `${functions(spec, shifted)}\n${zeros(spec)}\n${put(spec)}`, { T: "vec4i" });
  },
};

/** `size` rows of op(a) (columns of op(b)) at block k: `x0`, `x1` … each a vec4 of words, a word four k of one row. */
function words(x: "a" | "b", inner: boolean, size: number, first: string, limit: string) {
  const four = inner ? 1 : 4;
  const { starts, read } = strip(x, inner, true, size / four, (i) => `${first} + ${four * i}u`, limit, `word_${x}`);
  const word = (i: number, j: number) => (inner ? read(4 * i + j, 0) : read(i, `${j}u`));
  const vector = (i: number) => `vec4u(${lines(4, (j) => word(i, j), ", ")})`;
  return { starts, load: lines(size / 4, (i) => `let ${x}${i} = ${inner ? "" : "turn"}(${vector(i)});`, "\n    ") };
}

/** `dot_bytes` of two words, `dots` of one with four, `turn` of four words. */
function functions({ a, b }: Spec, shifted: { readonly a: boolean; readonly b: boolean }): string {
  const signed = a === "i8" || b === "i8";
  const word = (x: "a" | "b") =>
    `fn word_${x}(i: u32) -> u32 { return ${x}[i]${shifted[x] ? " ^ 0x80808080u" : ""}; }${shifted[x] ? " // 128 less" : ""}`;
  return wgsl`${word("a")}
${word("b")}
fn dot_bytes(x: u32, y: u32) -> i32 { return ${signed ? "dot4I8Packed(x, y)" : "i32(dot4U8Packed(x, y))"}; }
fn dots(x: u32, y: vec4u) -> vec4i { return vec4i(dot_bytes(x, y[0]), dot_bytes(x, y[1]), dot_bytes(x, y[2]), dot_bytes(x, y[3])); }
// Four words of four neighbours at k, k + 1, k + 2, k + 3 become four words of four k: a 4 x 4 transpose of bytes.
fn turn(w: vec4u) -> vec4u {
  let even = (w.xz & vec2u(0x00ff00ffu)) | ((w.yw & vec2u(0x00ff00ffu)) << vec2u(8u));
  let odd = ((w.xz >> vec2u(8u)) & vec2u(0x00ff00ffu)) | (w.yw & vec2u(0xff00ff00u));
  return vec4u((even.x & 0xffffu) | (even.y << 16u), (odd.x & 0xffffu) | (odd.y << 16u),
    (even.x >> 16u) | (even.y & 0xffff0000u), (odd.x >> 16u) | (odd.y & 0xffff0000u));
}`;
}

/** Takes the zero points off the finished sums. */
function zeroPoints(tile: Tile, shifted: { readonly a: boolean; readonly b: boolean }, needA: boolean, needB: boolean): string {
  const zero = (x: "a" | "b", i: string, less: boolean) =>
    `${x}_zero(which.${x === "a" ? "x" : "y"}, ${i})${less ? " - 128" : ""}`;
  const az = (r: number) => zero("a", `min(row + ${r}u, p.m - 1u)`, shifted.a);
  const bz = (c: number) => `vec4i(${lines(4, (j) => zero("b", `min(col + ${4 * c + j}u, p.n - 1u)`, shifted.b), ", ")})`;
  const off = (r: number, c: number) => [
    ...(needA ? [`of_a${r} * bz${c}`] : []),
    ...(needB ? [`az${r} * ${needA ? `(of_b${c} - i32(p.k) * bz${c})` : `of_b${c}`}`] : []),
  ];
  return wgsl`${needB ? lines(tile.rows, (r) => `let az${r} = ${az(r)};`, "\n  ") : ""}
  ${needA ? lines(tile.cols4, (c) => `let bz${c} = ${bz(c)};`, "\n  ") : ""}
  ${forSums(tile, (r, c) => `c${r}_${c} -= ${off(r, c).join(" + ")};`)}`;
}
