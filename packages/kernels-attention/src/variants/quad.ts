import { CAP, type Caps, type Form, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../attention.ts";
import { TRANSPOSE_ADD } from "../quads.ts";
import { VECS, vecsOfQuad } from "../registers.ts";
import { ownRows, sweep } from "../sweep.ts";
import { emptyRefusal, functions, lanes, lines, start, store, storeRefusal, tileOf, weight } from "../text.ts";

interface Quad {
  readonly rows: number;
  readonly threads: number;
  /** Keys whose values go through the registers at once. */
  readonly keys: 1 | 2;
  /** Keys whose scores wait for their weights: the sums are rescaled once for so many. */
  readonly chunk: number;
  readonly [name: string]: number;
}

/** A chunk where there are many keys. An array's zeros are written one by one: so many take 1.5 times as long to compile. */
const LONG = 192;

/**
 * A quad of lanes, `rows` queries: each lane holds a quarter of their head size, of q and of the sums, and reads a quarter of every key.
 *
 *     lane      0    1    2    3       k of one key: one load of a vec4 by each lane for each 16 of the head size
 *     q, out  ▓▓▓▓ ▒▒▒▒ ░░░░ ····     8 partial dots a lane ─ transpose-add ─► lane l has the scores of rows l and l + 4
 *             x 8 rows                so each exponential is computed once; weights go round by quadBroadcast
 *
 * At head size 64 a key costs a lane 8 loads for 8 · 32 multiply-adds. Heads that share k and v (GQA) are rows of one tile.
 * No barrier; the quads of a workgroup have neighbouring rows and go through the keys together. Keys go in chunks (`sweep`), so that the
 * sums are rescaled once for 32 keys or more; those that all rows see come first, then the few at the edges of a window, in loops of their own.
 *
 * Two cores of a shared machine, 8 heads of 256 by 64, milliseconds, plain and causal: SwiftShader 25 and 16 (16 rows; 8 rows 31 and 20),
 * lavapipe 10.7 and 6.3 (8 rows). Causal rows of 256 meet 0.53 of the keys, in tiles of 16 rows; loading q and storing out cost about as
 * much as 13 keys. Of a causal 1024 loads of k and v take half on lavapipe, where every lane's vec4 is four gathers, and 0.37 on
 * SwiftShader, where reading and writing the sums takes 0.27, products of scores 0.17, broadcasts 0.11.
 * So since then, in CPU time against that text: 12 rows under a window on lavapipe take 0.8 to 0.9 of 8 (without one they gain nothing);
 * values of two keys at once, column by column, and chunks of 64, 0.8 to 0.95 of one key's on SwiftShader; their first calls, 0.75 and
 * 1.4 s before, take 1.2 and 1.25 to 1.5 times as long.
 *
 * Lost: q and out loaded and stored unrolled, 32 times each, which was two thirds of lavapipe's compile, 3 s, or a row at a time, 4 times
 * each (the first call takes 3 to 6 times as long there, for few divisions less); leaving out the rescaling by a branch where no row has met
 * a larger score, and a branch a row around its values (1.5 and 1.35 times on SwiftShader: whatever splits a body costs it); scores of two
 * keys at a time (no faster); values of four (no faster than of two), and on lavapipe of two, or column by column (1.3 to 1.6 times); 16
 * rows there (12 are faster, and compile in half the time); k and v as scalars that neighbours have side by side (1.05 and 1.4 times), or as
 * mat4x4f, and fma (the same); scores in workgroup memory (the same); a sweep of its own for the keys at the edges, whose selects made such
 * a key cost 2.3 others; tiles dealt out so that each 16th workgroup has as much to do (the same).
 */
export const quad: Form<P, Spec, Quad> = {
  tiles: [
    { rows: 8, threads: 8, keys: 1, chunk: 32 },
    { rows: 4, threads: 8, keys: 1, chunk: 32 },
    { rows: 16, threads: 4, keys: 2, chunk: 64 },
    { rows: 12, threads: 8, keys: 1, chunk: 32 },
    { rows: 12, threads: 8, keys: 1, chunk: LONG },
  ],
  prefer({ params: { s, t, group }, spec }, { architecture, software }) {
    const [eight, four, sixteen, twelve, long] = quad.tiles;
    if (s * group <= 8 || vecsOfQuad(8, spec) > VECS) return four;
    // The more rows, the fewer loads, which are half of what it takes on lavapipe and a third on SwiftShader, whose subgroups are quads.
    if (architecture === "swiftshader") return s * group >= 64 && vecsOfQuad(16, spec) <= 2 * VECS ? sixteen : eight;
    if (!(spec.left || spec.right) || s * group < 192 || vecsOfQuad(12, spec) > 1.5 * VECS) return eight;
    return software && t >= 4 * LONG ? long : twelve;
  },
  needs: ({ threads }) => ({ invocations: threads, subgroups: true }),
  refuses: (problem, caps) =>
    vecsOfQuad(4, problem.spec) > 2 * VECS
      ? `heads of ${problem.params.d} and ${problem.params.dv} are more than its registers hold`
      : (emptyRefusal(problem) ?? storeRefusal(problem, caps)),
  lanes,
  workgroups: ({ params: { batch, heads, group, s } }, { rows, threads }) =>
    batch * (heads / group) * Math.ceil((4 * group * s) / (threads * rows)),
  wgsl: text,
};

function text(spec: Spec, tile: Quad, caps: Caps): string {
  const { rows, threads } = tile;
  const { widthK, widthV, left, right, mask } = spec;
  const { own, T, vec, of } = ownRows(rows);
  const bounded = left || right;
  return wgsl`
const ROWS = ${rows}u; // of a quad
const TILE = ${(rows * threads) / 4}u; // of a workgroup
const CHUNK = ${tile.chunk}u;
${functions(spec)}
${store(spec, caps, spec.raggedV)}
${TRANSPOSE_ADD(T)}
${weight(T, own === 1 ? "u32" : `vec${own}u`)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  ${tileOf("TILE")}
  let row = row0 + (quadBroadcast(thread, 0u) >> 2u) * ROWS;
  let count = min(ROWS, max(rows, row) - row);
  // This lane's rows.
  let length = length_of(b);
  ${lines(own, (n) => `let own${n} = min(row + lane + ${4 * n}u, rows - 1u); let own_i${n} = own${n} / p.group; let own_h${n} = head * p.group + own${n} % p.group;`)}
  ${lines(own, (n) => `let position${n} = position(own_i${n}, length); let window${n} = window(position${n}, length);`)}
  // A quarter of every row, of q and in the end of out: filled and emptied by loops, but read where the index is plain.
  var held: array<vec4f, ${rows * Math.max(widthK, widthV)}>;
  for (var i = 0u; i < ${CAP}; i++) {
    if (i >= count * ${widthK}u) { break; }
    let n = row + i / ${widthK}u;
    held[i] = q4(query_row(b, head * p.group + n % p.group, n / p.group), i % ${widthK}u * 4u + lane);
  }
  ${lines(rows, (r) => lines(widthV, (w) => `var o${r}_${w} = vec4f();`, " "))}
  var top = ${vec((n) => start(spec, `own_h${n}`).top)};
  var sum = ${vec(() => start(spec).sum)};
  // The keys that some row of the workgroup sees; of those, those that all rows see come first.
  let low = window(position(row0 / p.group, length), length);
  let high = window(position((min(row0 + TILE, rows) - 1u) / p.group, length), length);
  let seen = max(low.x, high.y) - low.x;
  let inner = ${mask ? "0u" : bounded ? "max(high.x, low.y) - high.x" : "seen"};
  ${sweep(spec, tile)}
  let inverse = select(1.0 / sum, ${T}(), sum == ${T}());
  ${lines(rows, (r) => `{ let part = quadBroadcast(${of("inverse", r >> 2)}, ${r & 3}u); ${lines(widthV, (w) => `held[${r * widthV + w}] = o${r}_${w} * part;`, " ")} }`)}
  for (var i = 0u; i < ${CAP}; i++) {
    if (i >= count * ${widthV}u) { break; }
    let n = row + i / ${widthV}u;
    put(out_row(b, head * p.group + n % p.group, n / p.group), i % ${widthV}u * 4u + lane, held[i]);
  }
  ${spec.lse ? lines(own, (n) => `if (row + lane + ${4 * n}u < rows) { put_lse((b * p.heads + own_h${n}) * p.s + own_i${n}, ${of("top", n)}, ${of("sum", n)}); }`) : ""}
}
`;
}
