import { CAP, type Form, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../attention.ts";
import { combine, FIRST, scratch } from "../combine.ts";
import { product, TRANSPOSE_ADD } from "../quads.ts";
import { emptyRefusal, functions, lanes, lines, storeRefusal, weight } from "../text.ts";

interface Decode {
  readonly threads: number;
  readonly slices: number;
  readonly [name: string]: number;
}
/** Slices of the keys: a quad each. */
const parts = ({ threads, slices }: Decode) => (slices * threads) / 4;

/**
 * Few queries over many keys: a quad of lanes has one query and a slice of its keys, four at a time; each lane holds a quarter of the head size.
 *
 *     keys  │ quad 0 │ quad 1 │ …   four keys: 4 partial dots a lane ─ transpose-add ─► lane l has the score of key l,
 *                                   one exponential a lane, and its weight goes round by quadBroadcast
 *
 * Each element of k and v is read once and multiplied once: memory is what it costs. A workgroup has the slices of one query; a second
 * dispatch joins them.
 */
export const decode: Form<P, Spec, Decode> = {
  tiles: [
    { threads: 8, slices: 4 },
    { threads: 64, slices: 2 },
    { threads: 64, slices: 8 },
  ],
  // Few heads alone do not fill a GPU: 8 of them are 64 workgroups in 8 slices. Reckoned, not measured.
  prefer: ({ params: { batch, heads, s } }, { software }) => decode.tiles[software ? 0 : batch * heads * s > 64 ? 1 : 2],
  needs: ({ threads }) => ({ invocations: threads, subgroups: true }),
  refuses: (problem, caps) => emptyRefusal(problem) ?? storeRefusal(problem, caps),
  scratch: (problem, tile) => scratch(problem, parts(tile)),
  passes: [
    {
      uses: () => FIRST,
      lanes,
      workgroups: ({ params: { batch, heads, s } }, { slices }) => batch * heads * s * slices,
      wgsl: text,
    },
    combine(parts, ({ threads }: Decode) => threads),
  ],
};

function text(spec: Spec, tile: Decode): string {
  const { widthK, widthV } = spec;
  const { threads, slices } = tile;
  const keys = (line: (u: number) => string) => lines(4, line, "\n    ");
  // Where a weight is nothing its value may be anything: NaN or infinity times 0 is NaN.
  const value = (u: number, w: number) => `select(v4(at${u}, ${4 * w}u + lane), vec4f(), weights[${u}] == 0.0)`;
  return wgsl`
const QUADS = ${threads / 4}u;
const SLICES = ${slices}u; // workgroups for a query
${functions(spec)}
${TRANSPOSE_ADD("f32")}
${weight("f32", "u32")}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let group = wid.y * groups.x + wid.x;
  let rows = p.batch * p.heads * p.s;
  let row = group / SLICES;
  if (row >= rows) { return; }
  let i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  let length = length_of(b);
  let position = position(i, length);
  let range = window(position, length);
  let part = group % SLICES * QUADS + (quadBroadcast(thread, 0u) >> 2u);
  // Keys of a quad, in fours: all quads take the same number of turns.
  let turns = (max(range.y, range.x) - range.x + 4u * SLICES * QUADS - 1u) / (4u * SLICES * QUADS);
  let first = range.x + 4u * turns * part;
  let query = query_row(b, h, i);
  let head = h / p.group;
  ${lines(widthK, (w) => `let x${w} = q4(query, ${4 * w}u + lane);`)}
  ${lines(widthV, (w) => `var o${w} = vec4f();`)}
  var top = HIDDEN;
  var sum = 0.0; // of this lane's keys
  for (var turn = 0u; turn < ${CAP}; turn++) {
    if (turn >= turns) { break; }
    let key = first + 4u * turn;
    ${keys((u) => `let at${u} = key_row(b, head, min(key + ${u}u, range.y - 1u));`)}
    let dots = transpose_add(lane, ${keys(
      (u) =>
        `${product(
          widthK,
          (w) => `x${w}`,
          (w) => `k4(at${u}, ${4 * w}u + lane)`,
        )}${u < 3 ? "," : ""}`,
    )});
    let mine = key + lane;
    let s = select(HIDDEN, score(dots, b, h, i, min(mine, range.y - 1u), position), mine < range.y);
    var most = max(s, quadSwapX(s));
    most = max(top, max(most, quadSwapY(most)));
    let old = exp2(top - most);
    let own = select(weight(s - most), 0.0, s == HIDDEN);
    sum = sum * old + own;
    top = most;
    let weights = vec4f(${lines(4, (u) => `quadBroadcast(own, ${u}u)`, ", ")});
    ${lines(widthV, (w) => `o${w} = o${w} * old + mat4x4f(${lines(4, (u) => value(u, w), ", ")}) * weights;`, "\n    ")}
  }
  sum += quadSwapX(sum);
  sum += quadSwapY(sum);
  let width = (p.dv + 3u) / 4u;
  let at = part * rows + row;
  ${lines(widthV, (w) => `if (${4 * w}u + lane < width) { store_partial(at * width + ${4 * w}u + lane, o${w}); }`)}
  if (lane == 0u) { store_stats(at, vec2f(top, sum)); }
}
`;
}
