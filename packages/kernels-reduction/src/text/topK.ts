// What topK's variants share, as text.
import { type Caps, type Problem, wgsl } from "@tilewright/runtime";
import { scalarOf } from "../dtypes.ts";
import type { TopKParam, TopKSpec } from "../topK.ts";
import { type EachForm, each } from "../variants/each.ts";

export const MAIN =
  "@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32";
export const START = wgsl`fn start_of(row: u32) -> u32 { return row / p.inner * p.n * p.inner + row % p.inner; }
fn put_index(row: u32, place: u32, j: u32) { store_indices((row / p.inner * p.k + place) * p.inner + row % p.inner, i32(j)); }`;

/** The values behind the indices, by whoever owns a word of them. */
const gather: EachForm<TopKParam, TopKSpec> = each({
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "(p.rows * p.k)",
  text: (spec) => wgsl`// What the pass before stored in indices is read as it lies there.
fn element(i: u32) -> ${scalarOf(spec.dtype)} {
  let outer = i / (p.k * p.inner);
  return load_x((outer * p.n + u32(indices[i])) * p.inner + i % p.inner);
}`,
});

/** The pass that writes them. */
export const gathering = {
  lanes: (_: TopKSpec, { f16 }: { readonly f16: boolean }) => ({ values: (_.dtype === "f16" && !f16 ? 2 : 1) as 1 | 2 }),
  workgroups: ({ params }: Problem<TopKParam, TopKSpec>, { threads }: { threads: number }) =>
    Math.ceil((params.rows * params.k) / threads),
  wgsl: (spec: TopKSpec, tile: { threads: number }, caps: Caps) =>
    gather.wgsl(spec, tile, caps).replaceAll("store_y(", "store_values("),
};
