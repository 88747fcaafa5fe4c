// The loop of the variants that need neither barriers nor subgroups: direct, and split.
import { CAP, type Caps, wgsl } from "@tilewright/runtime";
import type { Spec } from "./attention.ts";
import { functions, lines, start, store, weight } from "./text.ts";

export const THREADS = 64;

/**
 * A thread, one query and `columns` of its result: keys go by four. The query is read again for every four keys, so that no head size
 * stands in the text and nothing is too large for it.
 * @param slices workgroups that share out the keys; they leave their sums in scratch
 */
export function stream(spec: Spec, columns: number, caps: Caps, slices = 0): string {
  const vecs = columns / 4;
  const { top, sum } = slices ? start({ ...spec, sinks: false }) : start(spec);
  return wgsl`
const COLUMNS = ${columns}u;
${functions(spec, false)}
${weight("vec4f", "vec4u")}
${slices ? "" : store(spec, caps)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let rows = p.batch * p.heads * p.s;
  let chunks = (p.dv + COLUMNS - 1u) / COLUMNS;
  // Neighbours have neighbouring queries and read the same keys.
  let row = id % rows;
  let chunk = id / rows % chunks;
  let slice = id / (rows * chunks);
  if (slice >= ${slices || 1}u) { return; }
  let i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  var top = ${top};
  var sum = ${sum};
  ${lines(vecs, (c) => `var o${c} = vec4f();`, " ")}
  ${spec.empty ? "" : loop(vecs, slices)}
  ${slices ? leave(vecs) : finish(spec, vecs)}
}
`;
}

const loop = (vecs: number, slices: number) => {
  // Where a weight is nothing its value may be anything: NaN or infinity times 0 is NaN. (!= would be false of a NaN weight.)
  const value = (c: number, u: number) => `select(v4(keys.${"xyzw"[u]}, c0 + ${c}u), vec4f(), hidden.${"xyzw"[u]})`;
  return wgsl`let length = length_of(b);
  let position = position(i, length);
  var range = window(position, length);
  ${slices ? share(slices) : ""}
  let query = query_row(b, h, i);
  let blocks = (p.d + 3u) / 4u;
  let c0 = chunk * ${vecs}u;
  for (var turn = 0u; turn < ${CAP}; turn++) {
    let key = range.x + 4u * turn;
    if (key >= range.y) { break; }
    // Four keys; behind the last, the last again.
    let number = min(vec4u(key, key + 1u, key + 2u, key + 3u), vec4u(range.y - 1u));
    let keys = vec4u(${lines(4, (u) => `key_row(b, h / p.group, number[${u}])`, ", ")});
    var dots = vec4f();
    for (var c = 0u; c < ${CAP}; c++) {
      if (c >= blocks) { break; }
      let x = q4(query, c);
      dots += vec4f(${lines(4, (u) => `dot(x, k4(keys[${u}], c))`, ", ")});
    }
    var s = vec4f(${lines(4, (u) => `score(dots[${u}], b, h, i, number[${u}], position)`, ", ")});
    s = select(vec4f(HIDDEN), s, vec4u(key, key + 1u, key + 2u, key + 3u) < vec4u(range.y));
    let hidden = s == vec4f(HIDDEN);
    let most = max(max(max(s.x, s.y), max(s.z, s.w)), top);
    let old = exp2(top - most);
    let weights = select(weight(s - most), vec4f(), hidden);
    sum = sum * old + ((weights.x + weights.y) + (weights.z + weights.w));
    top = most;
    ${lines(vecs, (c) => `o${c} = o${c} * old + mat4x4f(${lines(4, (u) => value(c, u), ", ")}) * weights;`, "\n    ")}
  }`;
};

/** This slice's keys. */
const share = (slices: number) => wgsl`let part = (max(range.y, range.x) - range.x + ${slices - 1}u) / ${slices}u;
  range = vec2u(range.x + slice * part, min(range.x + slice * part + part, range.y));`;

const finish = (spec: Spec, vecs: number) => wgsl`let inverse = select(1.0 / sum, 0.0, sum == 0.0);
  let at = out_row(b, h, i);
  ${lines(vecs, (c) => `put(at, chunk * ${vecs}u + ${c}u, o${c} * inverse);`)}
  ${spec.lse ? "if (chunk == 0u) { put_lse(row, top, sum); }" : ""}`;

const leave = (vecs: number) => wgsl`let width = (p.dv + 3u) / 4u;
  let at = (slice * rows + row) * width;
  ${lines(vecs, (c) => `if (c0 + ${c}u < width) { store_partial(at + c0 + ${c}u, o${c}); }`)}
  if (chunk == 0u) { store_stats(slice * rows + row, vec2f(top, sum)); }`;
