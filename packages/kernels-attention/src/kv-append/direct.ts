import { type Form, wgsl } from "@tilewright/runtime";
import type { Layout } from "../sizes.ts";
import type { P, Spec } from "./kv-append.ts";

const index = (layout: Layout, b: string, rows: string, i: string) =>
  layout === "bhsd" ? `(${b} * p.heads + h) * ${rows} + ${i}` : `(${b} * ${rows} + ${i}) * p.heads + h`;

/** A thread moves one block of a row of k, or of v: rows of both lie behind one another in its count. */
export const direct: Form<P, Spec> = {
  tiles: [{}],
  needs: () => ({ invocations: 64 }),
  refuses: ({ spec }, { f16 }) =>
    spec.half && !f16 && spec.lanes === 1 ? "without shader-f16 it stores f16 rows of an even length only" : undefined,
  lanes: ({ lanes, turn }) => {
    const angles = turn === "interleaved" ? (lanes === 4 ? 2 : 1) : lanes;
    return { k: lanes, v: lanes, kCache: lanes, vCache: lanes, cos: angles, sin: angles };
  },
  workgroups: ({ params: { batch, heads, s, d, dv }, spec: { lanes } }) =>
    Math.ceil((batch * heads * s * ((d + dv) / lanes)) / 64),
  wgsl: (spec) => (spec.empty ? "@compute @workgroup_size(64)\nfn main() {}\n" : text(spec)),
};

function text(spec: Spec): string {
  const { layout, cacheLayout, lanes, positions, page, packed } = spec;
  const mask = `${2 ** (page ?? 0) - 1}u`;
  const to =
    page === undefined
      ? index(cacheLayout, "b", "p.t", "place")
      : index(cacheLayout, `u32(load_pages(b * (p.t >> ${page}u) + (place >> ${page}u)))`, `${2 ** page}u`, `(place & ${mask})`);
  return wgsl`
${turning(spec)}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * 64u + thread;
  let dk = p.d / ${lanes}u;
  let dv = p.dv / ${lanes}u;
  // A row of k, then the same row of v.
  let row = id / (dk + dv);
  let c = id % (dk + dv);
  if (row >= p.batch * p.heads * p.s) { return; }
  let i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  let place = i + ${positions ? "u32(load_positions(b))" : "p.position"};
  if (place >= p.t) { return; }
  let from_row = ${packed ? "(b * p.s + i) * (p.queries + 2u * p.heads) + p.queries + h" : index(layout, "b", "p.s", "i")};
  let to_row = ${to};
  if (c < dk) {
    store_kCache(to_row * dk + c, new_k(from_row * dk, c, place));
  } else {
    store_vCache(to_row * dv + c - dk, ${packed ? "load_k((from_row + p.heads) * dv + c - dk)" : "load_v(from_row * dv + c - dk)"});
  }
}
`;
}

/** `new_k(at, c, place)`: block c of the row from `at`, turned by the angles of its place. */
function turning({ lanes, turn }: Spec): string {
  const T = lanes === 1 ? "f32" : `vec${lanes}f`;
  const head = `fn new_k(at: u32, c: u32, place: u32) -> ${T} {
  let x = load_k(at + c);`;
  if (!turn)
    return wgsl`${head}
  return x;
}`;
  const blocks = wgsl`${head}
  if (c >= 2u * p.half / ${lanes}u) { return x; }
  let angle = min(place, p.rows - 1u);`;
  if (turn === "interleaved" && lanes > 1) {
    const [wide, partner] = lanes === 4 ? [".xxyy", "vec4f(-x.y, x.x, -x.w, x.z)"] : ["", "vec2f(-x.y, x.x)"];
    return wgsl`${blocks}
  let pair = angle * (2u * p.half / ${lanes}u) + c;
  return x * load_cos(pair)${wide} + ${partner} * load_sin(pair)${wide};
}`;
  }
  const apart = turn === "interleaved" ? "1u" : "half";
  return wgsl`${blocks}
  let half = p.half / ${lanes}u;
  let second = ${turn === "interleaved" ? "(c & 1u) == 1u" : "c >= half"};
  let pair = angle * half + ${turn === "interleaved" ? "(c >> 1u)" : "c % half"};
  let partner = load_k(at + select(c + ${apart}, c - ${apart}, second));
  return x * load_cos(pair) + select(-partner, partner, second) * load_sin(pair);
}`;
}
