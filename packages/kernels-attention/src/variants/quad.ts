import { type Caps, type Variant, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../attention.ts";
import { product, TRANSPOSE_ADD } from "../quads.ts";
import { CAP, emptyRefusal, functions, lanes, lines, start, store, storeRefusal, weight } from "../text.ts";

/** Vec4 of q and of the sums that a thread may hold; compilers of CPU adapters take seconds beyond. */
const MOST = 80;
const vecs = (rows: number, { widthK, widthV }: Spec) => rows * (widthK + widthV);

/**
 * A quad of lanes, `rows` queries: each lane holds a quarter of their head size, of q and of the sums, and reads a quarter of every key.
 *
 *     lane      0    1    2    3       k of one key: one load of a vec4 by each lane for each 16 of the head size
 *     q, out  ▓▓▓▓ ▒▒▒▒ ░░░░ ····     8 partial dots a lane ─ transpose-add ─► lane l has the scores of rows l and l + 4
 *             x 8 rows                so each exponential is computed once; weights go round by quadBroadcast
 *
 * At head size 64 a key costs a lane 8 loads for 8 · 32 multiply-adds. Heads that share k and v (GQA) are rows of one tile.
 * No barrier; the two quads of a workgroup have neighbouring rows and go through the keys together.
 * Keys that some row of a tile must not see are weighed with zero, and their values left out, since 0 · NaN is NaN (and NaN != 0 is
 * false on Vulkan).
 */
export const quad: Variant<P, Spec, { rows: number }> = {
  name: "quad",
  tiles: [{ rows: 8 }, { rows: 4 }],
  prefer: ({ params: { s, group }, spec }) => quad.tiles[s * group <= 8 || vecs(8, spec) > MOST ? 1 : 0],
  needs: () => ({ invocations: 8, subgroups: true }),
  when: ({ params: { s, group }, spec }, { software }) => software && s * group > 2 && vecs(4, spec) <= MOST,
  refuses: (problem, caps) =>
    vecs(4, problem.spec) > 2 * MOST
      ? `heads of ${problem.params.d} and ${problem.params.dv} are more than its registers hold`
      : (emptyRefusal(problem) ?? storeRefusal(problem, caps)),
  lanes,
  workgroups: ({ params: { batch, heads, group, s } }, { rows }) => batch * (heads / group) * Math.ceil((group * s) / (2 * rows)),
  wgsl: text,
};

function text(spec: Spec, { rows }: { rows: number }, caps: Caps): string {
  const { widthK, widthV } = spec;
  const own = rows / 4; // rows whose scores a lane finishes
  const T = own === 1 ? "f32" : `vec${own}f`;
  const vec = (value: (n: number) => string) => (own === 1 ? value(0) : `${T}(${lines(own, value, ", ")})`);
  const of = (name: string, n: number) => (own === 1 ? name : `${name}[${n}]`);
  const each = (line: (r: number) => string) => lines(rows, line);
  const share = (width: number, line: (w: number) => string) => lines(width, line, " ");
  const partial = (l: number) =>
    vec((n) =>
      product(
        widthK,
        (w) => `q${l + 4 * n}_${w}`,
        (w) => `k_${w}`,
      ),
    );
  const hand = (name: string, r: number) => `quadBroadcast(${of(name, r >> 2)}, ${r & 3}u)`;
  const add = (r: number) => share(widthV, (w) => `o${r}_${w} += v_${w} * w${r};`);
  const bounded = spec.left || spec.right;
  const began = { top: vec((n) => start(spec, `own_h${n}`).top), sum: vec(() => start(spec).sum) };
  return wgsl`
const ROWS = ${rows}u; // of a quad
${functions(spec)}
${store(spec, caps, spec.raggedV)}
${TRANSPOSE_ADD(T)}
${weight(T, own === 1 ? "u32" : `vec${own}u`)}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  // Rows are the queries of all heads that share these keys, heads innermost.
  let rows = p.group * p.s;
  let tiles = (rows + 2u * ROWS - 1u) / (2u * ROWS);
  let group = wid.y * groups.x + wid.x;
  let shared_heads = p.heads / p.group;
  let b = group / (tiles * shared_heads);
  if (b >= p.batch) { return; }
  let head = group / tiles % shared_heads;
  let row0 = group % tiles * (2u * ROWS);
  let row = row0 + (quadBroadcast(thread, 0u) >> 2u) * ROWS;
  // This lane's rows.
  let length = length_of(b);
  ${lines(own, (n) => `let own${n} = min(row + lane + ${4 * n}u, rows - 1u); let own_i${n} = own${n} / p.group; let own_h${n} = head * p.group + own${n} % p.group;`)}
  ${lines(own, (n) => `let position${n} = position(own_i${n}, length); let window${n} = window(position${n}, length);`)}
  // A quarter of every row.
  ${each((r) => `let at${r} = query_row(b, head * p.group + min(row + ${r}u, rows - 1u) % p.group, min(row + ${r}u, rows - 1u) / p.group);`)}
  ${each((r) => share(widthK, (w) => `let q${r}_${w} = q4(at${r}, ${4 * w}u + lane);`))}
  ${each((r) => share(widthV, (w) => `var o${r}_${w} = vec4f();`))}
  var top = ${began.top};
  var sum = ${began.sum};
  // The keys that any row of the workgroup sees.
  let first = window(position(row0 / p.group, length), length).x;
  let last = window(position((min(row0 + 2u * ROWS, rows) - 1u) / p.group, length), length).y;
  for (var turn = 0u; turn < ${CAP}; turn++) {
    let key = first + turn;
    if (key >= last) { break; }
    let at = key_row(b, head, key);
    ${share(widthK, (w) => `let k_${w} = k4(at, ${4 * w}u + lane);`)}
    let dots = transpose_add(lane, ${lines(4, partial, ",\n      ")});
    var s = ${vec((n) => `score(${of("dots", n)}, b, own_h${n}, own_i${n}, key, position${n})`)};
    ${bounded ? `s = select(${vec(() => "HIDDEN")}, s, ${own === 1 ? "key >= window0.x && key < window0.y" : `vec${own}<bool>(${lines(own, (n) => `(key >= window${n}.x && key < window${n}.y)`, ", ")})`});` : ""}
    let most = max(top, s);
    let old = exp2(top - most);
    let mine = ${bounded || spec.mask ? `select(weight(s - most), ${T}(), s == ${vec(() => "HIDDEN")})` : "weight(s - most)"};
    sum = sum * old + mine;
    top = most;
    // The sums shrink only when some row has met a larger score.
    ${each((r) => `let old${r} = ${hand("old", r)}; let w${r} = ${hand("mine", r)};`)}
    if (${lines(rows, (r) => `old${r} < 1.0`, " || ")}) {
      ${each((r) => share(widthV, (w) => `o${r}_${w} *= old${r};`))}
    }
    ${share(widthV, (w) => `let v_${w} = v4(at, ${4 * w}u + lane);`)}
    ${each((r) => (bounded || spec.mask ? `if (!(w${r} == 0.0)) { ${add(r)} }` : add(r)))}
  }
  let inverse = select(1.0 / sum, ${T}(), sum == ${T}());
  ${each((r) => `let inverse${r} = ${hand("inverse", r)};`)}
  ${each((r) => `if (row + ${r}u < rows) { ${share(widthV, (w) => `put(at${r}, ${4 * w}u + lane, o${r}_${w} * inverse${r});`)} }`)}
  ${spec.lse ? lines(own, (n) => `if (row + lane + ${4 * n}u < rows) { put_lse((b * p.heads + own_h${n}) * p.s + own_i${n}, ${of("top", n)}, ${of("sum", n)}); }`) : ""}
}
`;
}
