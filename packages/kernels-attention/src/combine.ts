// Keys shared out: each slice of them leaves its largest score, its sums of weights and of weighted values; a second dispatch joins them.
import { type Caps, type Pass, type Problem, type Tile, turns, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "./attention.ts";
import { lanes, start, store } from "./text.ts";

export const FIRST = ["q", "k", "v", "pages", "mask", "lengths", "slopes", "partial", "stats"];
const SECOND = ["sinks", "out", "lse", "partial", "stats"];

/** partial [slices, rows, ⌈dv / 4⌉ · 4] and stats [slices, rows, 2]: linear in the number of queries, whatever the keys. */
export const scratch = ({ params: { batch, heads, s, dv } }: Problem<P, Spec>, slices: number) => ({
  partial: { shape: [slices, batch, heads, s, Math.ceil(dv / 4) * 4], dtype: "f32" as const },
  stats: { shape: [slices, batch, heads, s, 2], dtype: "f32" as const },
});

/** A thread, four columns of a row: the slices' sums, each as if its largest score had been the largest of all, always in this order. */
export const combine = <T extends Tile>(slices: (tile: T) => number, threads: (tile: T) => number): Pass<P, Spec, T> => ({
  uses: () => SECOND,
  lanes,
  workgroups: ({ params: { batch, heads, s, dv } }, tile) => Math.ceil((batch * heads * s * Math.ceil(dv / 4)) / threads(tile)),
  wgsl: (spec, tile, caps) => text(spec, slices(tile), threads(tile), caps),
});

const text = (spec: Spec, slices: number, threads: number, caps: Caps) => {
  const { top, sum } = start(spec);
  return wgsl`
const LOG2E = 1.4426950408889634;
const HIDDEN = -3.4028234e38;
${store(spec, caps)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let blocks = (p.dv + 3u) / 4u;
  let rows = p.batch * p.heads * p.s;
  let row = id / blocks;
  let c = id % blocks;
  if (row >= rows) { return; }
  let i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  var top = ${top};
  var sum = ${sum};
  var o = vec4f();
  ${turns("slice", slices, caps, "rows")}
    let part = load_stats(slice * rows + row);
    let most = max(top, part.x);
    let old = exp2(top - most);
    let new_part = exp2(part.x - most);
    sum = sum * old + part.y * new_part;
    o = o * old + load_partial((slice * rows + row) * blocks + c) * new_part;
    top = most;
  }
  put(${spec.layout === "bhsd" ? "row" : "(b * p.s + i) * p.heads + h"}, c, o * select(1.0 / sum, 0.0, sum == 0.0));
  ${spec.lse ? "if (c == 0u) { put_lse(row, top, sum); }" : ""}
}
`;
};
