import { CAP, type Form, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { frame, lines, multiply, tileRefusal, tilesOf, vec4Lanes } from "../text.ts";

/**
 * Square tiles of a and b staged in workgroup memory, a register tile a thread.
 *
 *              b: bk x bn                 one turn: every thread loads its share of both tiles,
 *              ┌───────┐                  barrier, every thread multiplies its
 *     a: ┌──┐  │ ░     │                  rows x columns sums over bk, barrier
 *     bm │▒ │  └───────┘
 *        └──┘    bm x bn sums of c
 *
 * Storage is read bm·bn/(bm + bn) multiply-adds a component: 32 for 64 x 64. Tiles lie in workgroup memory as their operand
 * is stored, so a transposed one costs no shuffling; what is past an edge is loaded as zero, so the multiply has no tests.
 * First choice on NVIDIA, AMD and Intel; on CPU adapters barriers make it slow, and the slowest to compile.
 */
export const staged: Form<P, Spec, { bm: number; bn: number; bk: number; rows: number; columns: number }> = {
  tiles: [
    { bm: 64, bn: 64, bk: 16, rows: 8, columns: 4 },
    { bm: 128, bn: 64, bk: 16, rows: 8, columns: 8 },
    { bm: 32, bn: 32, bk: 16, rows: 4, columns: 4 },
  ],
  prefer: (problem) => {
    // Few large tiles leave most of a GPU idle, many small ones read storage more often than they need. Reckoned, not measured.
    const tiles = tilesOf(problem, 64, 64);
    return staged.tiles[tiles < 64 ? 2 : tiles < 1024 ? 0 : 1];
  },
  needs: ({ bm, bn, bk, rows, columns }) => ({ invocations: (bm / rows) * (bn / columns), workgroupBytes: 4 * bk * (bm + bn) }),
  refuses: tileRefusal,
  lanes: vec4Lanes,
  workgroups: (problem, { bm, bn }) => tilesOf(problem, bm, bn),
  wgsl: (spec, tile) => stagedText(spec, tile),
};

/** `fetchB`: WGSL that sets `v` to the four k of b from `inner` in its row `outer`, where b's rows are not simply loaded. */
export function stagedText(
  spec: Spec,
  { bm, bn, bk, rows, columns }: { bm: number; bn: number; bk: number; rows: number; columns: number },
  fetchB?: string,
): string {
  const x = bn / columns;
  const y = bm / rows;
  const a = stage("a", !spec.transA, spec.vecA, bm, bk, `thread.y * ${rows}u`, "row0", "p.m", x * y);
  const b = stage("b", spec.transB, spec.vecB, bn, bk, `thread.x * ${columns}u`, "col0", "p.n", x * y, fetchB);
  const tile = { rows, cols4: columns / 4 };
  const body = wgsl`
  for (var k0 = 0u; k0 < ${CAP}; k0 += ${bk}u) {
    if (k0 >= p.k) { break; }
    ${a.load}
    ${b.load}
    workgroupBarrier();
    for (var k = 0u; k < ${bk / 4}u; k++) {
    ${multiply(tile, spec, a.read, b.read)}
    }
    workgroupBarrier();
  }`;
  return frame(spec, tile, [x, y], body, {
    functions: a.functions + b.functions,
    builtins: ", @builtin(local_invocation_index) index: u32",
  });
}

/** One operand's tile: `outer` rows as stored of `inner` elements, four to a vec4. `kInner`: k runs along its rows. */
function stage(
  x: "a" | "b",
  kInner: boolean,
  vec: boolean,
  size: number,
  bk: number,
  mine: string,
  first: string,
  limit: string,
  threads: number,
  fetch?: string,
) {
  const across = (kInner ? bk : size) / 4;
  const [outer0, inner0, outers, inners] = kInner ? [first, "k0", limit, "p.k"] : ["k0", first, "p.k", limit];
  const base = x === "a" ? "base.x" : "base.y";
  const load = vec
    ? `if (inner < inners) { v = load_${x}(at >> 2u); }`
    : lines(4, (j) => `if (inner + ${j}u < inners) { v[${j}] = load_${x}(at + ${j}u); }`, "\n  ");
  return {
    functions: wgsl`
var<workgroup> tile_${x}: array<vec4f, ${(size * bk) / 4}>;
// Four neighbours of a row as stored, zero past the edges.
fn fetch_${x}(base: u32, outer: u32, inner: u32, outers: u32, inners: u32) -> vec4f {
  var v = vec4f();
  if (outer >= outers) { return v; }
  ${fetch ?? `let at = base + outer * inners + inner;\n  ${load}`}
  return v;
}`,
    // Neighbouring threads load neighbouring vec4.
    load: wgsl`for (var i = index; i < ${(size * bk) / 4}u; i += ${threads}u) {
      tile_${x}[i] = fetch_${x}(${base}, ${outer0} + i / ${across}u, ${inner0} + i % ${across}u * 4u, ${outers}, ${inners});
    }`,
    read: (i: number, q: number) =>
      kInner
        ? `tile_${x}[(${mine} + ${i}u) * ${across}u + k]`
        : `tile_${x}[(4u * k + ${q}u) * ${across}u + ${mine} / 4u + ${i}u]`,
  };
}
