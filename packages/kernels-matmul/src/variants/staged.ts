import { type Variant, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { lanes, lines, matrices, multiply, putAll, type Registers, store, sums, tilesOf, CAP } from "../text.ts";
import { packedRefusal } from "../tile.ts";

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
 * First choice on NVIDIA, AMD and Intel; on CPU adapters barriers make it the slowest (and the slowest to compile).
 */
export const staged: Variant<P, Spec, { bm: number; bn: number; bk: number; rows: number; columns: number }> = {
  name: "staged",
  tiles: [
    { bm: 64, bn: 64, bk: 16, rows: 8, columns: 4 },
    { bm: 128, bn: 64, bk: 16, rows: 8, columns: 8 },
    { bm: 32, bn: 32, bk: 16, rows: 4, columns: 4 },
  ],
  needs: ({ bm, bn, bk, rows, columns }) => ({ invocations: (bm / rows) * (bn / columns), workgroupBytes: 4 * bk * (bm + bn) }),
  when: ({ params: { m, n } }, { software }) => !software && m >= 32 && n >= 32,
  refuses: packedRefusal,
  lanes,
  workgroups: ({ params }, { bm, bn }) => tilesOf(params, bm, bn),
  wgsl(spec, { bm, bn, bk, rows, columns }) {
    const tile: Registers = { rows, cols4: columns / 4 };
    const { transA, transB } = spec;
    // Of each tile: how many vec4 stand side by side in memory.
    const acrossA = (transA ? bm : bk) / 4;
    const acrossB = (transB ? bk : bn) / 4;
    const threads = (bm / rows) * (bn / columns);
    const a = (i: number, q: number) => (transA ? `tile_a[(4u * k + ${q}u) * ${acrossA}u + top / 4u + ${i}u]` : `tile_a[(top + ${i}u) * ${acrossA}u + k]`);
    const b = (i: number, q: number) => (transB ? `tile_b[(left + ${i}u) * ${acrossB}u + k]` : `tile_b[(4u * k + ${q}u) * ${acrossB}u + left / 4u + ${i}u]`);
    const loadA = transA ? lines(rows / 4, (i) => lines(4, (q) => `let a${i}_${q} = ${a(i, q)};`, " "), "\n    ") : lines(rows, (r) => `let a${r} = ${a(r, 0)};`, " ");
    return wgsl`
const BM = ${bm}u;
const BN = ${bn}u;
const BK = ${bk}u;
const THREADS = ${threads}u;
var<workgroup> tile_a: array<vec4f, ${(bm * bk) / 4}>;
var<workgroup> tile_b: array<vec4f, ${(bn * bk) / 4}>;

${matrices(spec)}
${store(spec)}
${fetch("a", spec.vecA)}
${fetch("b", spec.vecB)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + BN - 1u) / BN;
  let down = (p.m + BM - 1u) / BM;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * BM;
  let col0 = group % across * BN;
  let top = thread / ${bn / columns}u * ${rows}u; // this thread's sums within the tile
  let left = thread % ${bn / columns}u * ${columns}u;
  let row = row0 + top;
  let col = col0 + left;
  let at = matrices(matrix);
  let base_a = at.x * p.m * p.k;
  let base_b = at.y * p.k * p.n;
  ${sums(tile)}

  let turns = (p.k + BK - 1u) / BK;
  for (var turn = 0u; turn < ${CAP}; turn++) {
    if (turn >= turns) { break; }
    let k0 = turn * BK;
    // Load: neighbouring threads read neighbouring vec4.
    for (var i = thread; i < ${(bm * bk) / 4}u; i += THREADS) {
      tile_a[i] = fetch_a(base_a, ${transA ? `k0 + i / ${acrossA}u, row0 + i % ${acrossA}u * 4u, p.k, p.m` : `row0 + i / ${acrossA}u, k0 + i % ${acrossA}u * 4u, p.m, p.k`});
    }
    for (var i = thread; i < ${(bn * bk) / 4}u; i += THREADS) {
      tile_b[i] = fetch_b(base_b, ${transB ? `col0 + i / ${acrossB}u, k0 + i % ${acrossB}u * 4u, p.n, p.k` : `k0 + i / ${acrossB}u, col0 + i % ${acrossB}u * 4u, p.k, p.n`});
    }
    workgroupBarrier();
    // Multiply: four k a step, both tiles at rest.
    for (var k = 0u; k < ${bk / 4}u; k++) {
      ${multiply(tile, spec, loadA, b)}
    }
    workgroupBarrier();
  }
  ${putAll(tile)}
}
`;
  },
};

/** Four neighbours of a row as stored, zero past the edges. */
function fetch(x: "a" | "b", vec: boolean): string {
  const load = vec
    ? `if (outer >= outers || inner >= inners) { return vec4f(); } return load_${x}(at >> 2u);`
    : `var v = vec4f(); if (outer >= outers) { return v; }
  ${lines(4, (j) => `if (inner + ${j}u < inners) { v[${j}] = load_${x}(at + ${j}u); }`, "\n  ")}
  return v;`;
  return wgsl`fn fetch_${x}(base: u32, outer: u32, inner: u32, outers: u32, inners: u32) -> vec4f {
  let at = base + outer * inners + inner;
  ${load}
}`;
}
