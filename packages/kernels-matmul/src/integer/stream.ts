// The loop of the variants that read a and b straight from storage into a register tile: direct and quad.
import { wgsl } from "@tilewright/runtime";
import { type Strip, strip } from "../stream.ts";
import { CAP, forSums, lines, multiply, multiplyOne, outline, type Tile } from "../text.ts";
import type { Spec } from "./matmul-integer.ts";
import { isNarrow, put, zeros } from "./text.ts";

/** A strip whose numbers have their zero point taken off. */
interface Zeroed extends Strip {
  count: number;
}

/**
 * Blocks of four k whose products f32 adds up exactly: differences of bytes are at most 255 in size, and 4 · 64 · 255² < 2^24.
 * So bytes are multiplied and added at the speed of f32, and every 64 blocks the sums move on to i32.
 */
const EXACT = 64;

/** With `shared`, each lane of a quad loads a quarter of a's rows (or one k of four) and hands it to the others. */
export function stream(spec: Spec, tile: Tile, threads: readonly [number, number], shared: boolean): string {
  const { transA, transB } = spec;
  const narrow = isNarrow(spec.a);
  const [scalar, four] = narrow ? ["f32", "vec4f"] : ["i32", "vec4i"];
  const quarter = tile.rows / 4;

  const get = (x: "a" | "b", vec: boolean) => {
    const T = vec ? four : scalar;
    return `fn get_${x}(i: u32) -> ${T} { return ${T}(load_${x}(i)); }`;
  };
  /** `inner`: k runs along the rows as stored, so that a vec4 has one zero point; else it has four. */
  const operand = (x: "a" | "b", inner: boolean, vec: boolean, count: number, first: (i: number) => string): Zeroed => {
    const [kind, size, matrix] = x === "a" ? [spec.aZero, "p.m", "which.x"] : [spec.bZero, "p.n", "which.y"];
    const { starts, read, one } = strip(x, inner, vec, count, first, size, `get_${x}`, four);
    if (kind === undefined) return { starts, read, one, count };
    const zero = (i: string) => `${scalar}(${x}_zero(${matrix}, min(${i}, ${size} - 1u)))`;
    const value = (i: number) =>
      inner || kind === "" ? zero(first(i)) : `${four}(${lines(4, (j) => zero(`${first(i)} + ${j}u`), ", ")})`;
    const name = (i: number) => `${x}z${kind === "" ? 0 : i}`;
    return {
      starts: `${starts}\n  ${lines(kind === "" ? 1 : count, (i) => `let ${name(i)} = ${value(i)};`, "\n  ")}`,
      read: (i, q) => `(${read(i, q)} - ${name(i)})`,
      one: (i) => `(${one(i)} - ${name(i)})`,
      count,
    };
  };
  const a = operand(
    "a",
    !transA,
    spec.vecA,
    shared || transA ? quarter : tile.rows,
    (i) => `row + ${transA || shared ? 4 * i : i}u${shared && !transA ? " + lane" : ""}`,
  );
  const b = operand("b", transB, spec.vecB, transB ? 4 * tile.cols4 : tile.cols4, (i) => `col + ${transB ? i : 4 * i}u`);
  const handed = (i: number, q: number) => (transA ? `quadBroadcast(q${i}, ${q}u)` : `quadBroadcast(q${i >> 2}, ${i & 3}u)`);
  const readA = (i: number, q: number) => (shared ? handed(i, q) : a.read(i, `${q}u`));
  const readB = (i: number, q: number) => b.read(i, `${q}u`);
  const oneA = (i: number) => (shared && !transA ? handed(i, 0) : a.one(i));

  const load = shared ? lines(quarter, (i) => `let q${i} = ${a.read(i, "lane")};`, " ") : "";
  const loadOne = shared && !transA ? lines(quarter, (i) => `let q${i} = ${a.one(i)};`, " ") : "";
  const sums = narrow ? "f" : "c";
  const partial = forSums(tile, (r, c) => `var f${r}_${c} = vec4f();`);
  const fold = forSums(tile, (r, c) => `c${r}_${c} += vec4i(f${r}_${c});`);
  const block = narrow
    ? `${load}\n    ${multiply(tile, spec, readA, readB, sums)}`
    : `${load}\n    ${multiplyWide(tile, spec, readA, readB)}`;
  const single = `${loadOne}\n    ${narrow ? multiplyOne(tile, spec, oneA, b.one, sums) : multiplyOneWide(tile, spec, oneA, b.one)}`;

  return outline(
    spec,
    tile,
    threads,
    wgsl`  ${shared ? "let lane = invocation & 3u;" : ""}
  ${spec.aZero === undefined && spec.bZero === undefined ? "" : "let which = matrices(matrix);"}
  ${a.starts}
  ${b.starts}
  let blocks = p.k / 4u;
  ${narrow ? inParts(partial, block, fold) : whole(block)}
  ${spec.tail ? tail(narrow ? partial : "", single, narrow ? fold : "") : ""}`,
    `${zeros(spec)}\n${get("a", spec.vecA)}\n${get("b", spec.vecB)}\n${put(spec)}`,
    shared ? ", @builtin(subgroup_invocation_id) invocation: u32" : "",
    "vec4i",
  );
}

const whole = (block: string) => wgsl`for (var k = 0u; k < ${CAP}; k++) {
    if (k >= blocks) { break; }
    ${block}
  }`;

const inParts = (partial: string, block: string, fold: string) => wgsl`for (var part = 0u; part < ${CAP}; part++) {
    if (${EXACT}u * part >= blocks) { break; }
    ${partial}
    for (var i = 0u; i < ${EXACT}u; i++) {
    let k = ${EXACT}u * part + i;
    if (k >= blocks) { break; }
    ${block}
    }
    ${fold}
  }`;

const tail = (partial: string, body: string, fold: string) => wgsl`// The last one to three k, one at a time.
  ${partial}
  for (var kk = 4u * blocks; kk < ${CAP}; kk++) {
    if (kk >= p.k) { break; }
    ${body}
  }
  ${fold}`;

type Read = (i: number, q: number) => string;

/** Four k, as `multiply` does, for i32: WGSL has no matrices of integers. */
function multiplyWide(tile: Tile, { transA, transB }: Spec, a: Read, b: Read): string {
  const rows = transA
    ? lines(tile.rows / 4, (i) => lines(4, (q) => `let a${i}_${q} = ${a(i, q)};`, " "), "\n    ")
    : lines(tile.rows, (r) => `let a${r} = ${a(r, 0)};`, " ");
  const columns = transB
    ? lines(4 * tile.cols4, (j) => `let t${j} = ${b(j, 0)};`, " ") +
      lines(
        tile.cols4,
        (c) => lines(4, (q) => `let b${c}_${q} = vec4i(${lines(4, (j) => `t${4 * c + j}[${q}]`, ", ")});`, " "),
        "\n    ",
      )
    : lines(tile.cols4, (c) => lines(4, (q) => `let b${c}_${q} = ${b(c, q)};`, " "), "\n    ");
  const element = (r: number, q: number) => (transA ? `a${r >> 2}_${q}[${r & 3}]` : `a${r}[${q}]`);
  return `${rows}
    ${columns}
    ${forSums(tile, (r, c) => `c${r}_${c} += ${lines(4, (q) => `b${c}_${q} * ${element(r, q)}`, " + ")};`)}`;
}

/** One k, as `multiplyOne` does, for i32. */
function multiplyOneWide(tile: Tile, { transA, transB }: Spec, a: (i: number) => string, b: (i: number) => string): string {
  return `${lines(transA ? tile.rows / 4 : tile.rows, (i) => `let a${i} = ${a(i)};`, " ")}
    ${lines(tile.cols4, (c) => `let b${c} = ${transB ? `vec4i(${lines(4, (j) => b(4 * c + j), ", ")})` : b(c)};`, " ")}
    ${forSums(tile, (r, c) => `c${r}_${c} += b${c} * ${transA ? `a${r >> 2}[${r & 3}]` : `a${r}`};`)}`;
}
