import { CAP, type Form, wgsl } from "@tilewright/runtime";
import type { SliceParam, SliceSpec } from "../scatterND.ts";
import { chain, slots } from "../text/scatterND.ts";
import { type EachForm, each } from "./each.ts";

const MAIN =
  "@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32";
const walking: EachForm<SliceParam, SliceSpec> = each(chain);

/**
 * Many updates are first strung into a chain for each slot: nobody's first update (pass 1), then every update looks for the next one of its slot and whether it is the first
 * (pass 2, integers only, whatever the size of slices), then every element walks its slot's chain (pass 3).
 */
export const linked: Form<SliceParam, SliceSpec, { threads: number }> = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  scratch: ({ params }) => ({
    first: { shape: [Math.max(params.slots, 1)], dtype: "u32" },
    next: { shape: [Math.max(params.updates, 1)], dtype: "u32" },
  }),
  passes: [
    {
      uses: () => ["first"],
      workgroups: ({ params }, { threads }) => Math.ceil(params.slots / threads),
      wgsl: (_, { threads }) => wgsl`@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let slot = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (slot < p.slots) { store_first(slot, p.updates); }
}
`,
    },
    {
      uses: () => ["indices", "first", "next"],
      workgroups: ({ params }, { threads }) => Math.ceil(params.updates / threads),
      wgsl: (spec, { threads }) => wgsl`${slots(spec)}
@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let u = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (u >= p.updates) { return; }
  let slot = slot_of(u);
  var next = u + 1u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (next >= p.updates || slot_of(min(next, p.updates - 1u)) == slot) { break; }
    next++;
  }
  store_next(u, next);
  var before = u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (before == 0u) { break; }
    before--;
    if (slot_of(before) == slot) { return; }
  }
  if (slot < p.slots) { store_first(slot, u); }
}
`,
    },
    {
      uses: ({ zeros }) => [...(zeros ? [] : ["data"]), "updates", "y", "first", "next"],
      lanes: (spec, caps) => walking.lanes!(spec, caps),
      workgroups: ({ params }, { threads }) => Math.ceil(params.count / threads),
      wgsl: (spec, tile, caps) => walking.wgsl(spec, tile, caps),
    },
  ],
};
