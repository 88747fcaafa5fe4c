// The loop of the variants that read a and b straight from storage into a register tile: direct and quad.
import { CAP, wgsl } from "@tilewright/runtime";
import { type Strip, strip } from "../stream.ts";
import { forSums, lines, multiply, multiplyOne, outline, type Tile } from "../text.ts";
import type { Spec } from "./matmul-integer.ts";
import { isNarrow, put, vec4Lanes, zeros } from "./text.ts";

/**
 * Blocks of four k whose products f32 adds up exactly: differences of bytes are at most 255 in size, and 4 · 64 · 255² < 2^24.
 * So bytes are multiplied and added at the speed of f32, and every 64 blocks the sums move on to i32.
 */
const EXACT = 64;

/**
 * Bytes go four k at a time, words one: their products are no matrices in WGSL, and a load of four words costs what four loads do.
 * With `shared`, each lane of a quad loads a quarter of a's rows (or one k of four) and hands it to the others.
 */
export function stream(spec: Spec, tile: Tile, threads: readonly [number, number], shared: boolean): string {
  const { transA, transB } = spec;
  const narrow = isNarrow(spec.a);
  const [scalar, four] = narrow ? ["f32", "vec4f"] : ["i32", "vec4i"];
  const { a: lanesA, b: lanesB } = vec4Lanes(spec);
  const quarter = tile.rows / 4;

  const get = (x: "a" | "b", vec: boolean) => {
    const T = vec ? four : scalar;
    return `fn get_${x}(i: u32) -> ${T} { return ${T}(load_${x}(i)); }`;
  };
  /** `inner`: k runs along the rows as stored, so that a vec4 has one zero point; else it has four. */
  const operand = (x: "a" | "b", inner: boolean, vec: boolean, count: number, first: (i: number) => string): Strip => {
    const [kind, size, matrix] = x === "a" ? [spec.aZero, "p.m", "which.x"] : [spec.bZero, "p.n", "which.y"];
    const { starts, read, one } = strip(x, inner, vec, count, first, size, `get_${x}`, four);
    if (kind === undefined) return { starts, read, one };
    const zero = (i: string) => `${scalar}(${x}_zero(${matrix}, min(${i}, ${size} - 1u)))`;
    const value = (i: number) =>
      inner || kind === "" ? zero(first(i)) : `${four}(${lines(4, (j) => zero(`${first(i)} + ${j}u`), ", ")})`;
    const name = (i: number) => `${x}z${kind === "" ? 0 : i}`;
    return {
      starts: `${starts}\n  ${lines(kind === "" ? 1 : count, (i) => `let ${name(i)} = ${value(i)};`, "\n  ")}`,
      read: (i, q) => `(${read(i, q)} - ${name(i)})`,
      one: (i) => `(${one(i)} - ${name(i)})`,
    };
  };
  const a = operand(
    "a",
    !transA,
    lanesA === 4,
    shared || transA ? quarter : tile.rows,
    (i) => `row + ${transA || shared ? 4 * i : i}u${shared && !transA ? " + lane" : ""}`,
  );
  const b = operand("b", transB, lanesB === 4, transB ? 4 * tile.cols4 : tile.cols4, (i) => `col + ${transB ? i : 4 * i}u`);
  const handed = (i: number, q: number) => (transA ? `quadBroadcast(q${i}, ${q}u)` : `quadBroadcast(q${i >> 2}, ${i & 3}u)`);
  const readA = (i: number, q: number) => (shared ? handed(i, q) : a.read(i, `${q}u`));
  const readB = (i: number, q: number) => b.read(i, `${q}u`);
  const oneA = (i: number) => (shared && !transA ? handed(i, 0) : a.one(i));

  const load = shared ? lines(quarter, (i) => `let q${i} = ${a.read(i, "lane")};`, " ") : "";
  const loadOne = shared && !transA ? lines(quarter, (i) => `let q${i} = ${a.one(i)};`, " ") : "";
  const partial = forSums(tile, (r, c) => `var f${r}_${c} = vec4f();`);
  const fold = forSums(tile, (r, c) => `c${r}_${c} += vec4i(f${r}_${c});`);
  const block = `${load}\n    ${multiply(tile, spec, readA, readB, "f")}`;
  const single = `${loadOne}\n    ${multiplyOne(tile, spec, oneA, b.one, narrow ? "f" : "c", four)}`;

  return outline(
    spec,
    tile,
    threads,
    wgsl`  ${shared ? "let lane = invocation & 3u;" : ""}
  ${spec.aZero === undefined && spec.bZero === undefined ? "" : "let which = matrices(matrix);"}
  ${a.starts}
  ${b.starts}
  ${narrow ? inParts(partial, block, fold) : ""}
  ${narrow && !spec.tail ? "" : oneByOne(narrow ? "4u * blocks" : "0u", narrow ? partial : "", single, narrow ? fold : "")}`,
    `${zeros(spec)}\n${get("a", lanesA === 4)}\n${get("b", lanesB === 4)}\n${put(spec)}`,
    { builtins: shared ? ", @builtin(subgroup_invocation_id) invocation: u32" : "", T: "vec4i" },
  );
}

const inParts = (partial: string, block: string, fold: string) => wgsl`let blocks = p.k / 4u;
  for (var part = 0u; part < ${CAP}; part++) {
    if (${EXACT}u * part >= blocks) { break; }
    ${partial}
    for (var i = 0u; i < ${EXACT}u; i++) {
      let k = ${EXACT}u * part + i;
      if (k >= blocks) { break; }
    ${block}
    }
    ${fold}
  }`;

/** The last one to three k of bytes, or all k of words. */
const oneByOne = (from: string, partial: string, body: string, fold: string) => wgsl`${partial}
  for (var kk = ${from}; kk < ${CAP}; kk++) {
    if (kk >= p.k) { break; }
    ${body}
  }
  ${fold}`;
