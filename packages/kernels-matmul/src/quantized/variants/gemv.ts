import { type Variant, wgsl } from "@tilewright/runtime";
import { tileRefusal } from "../../text.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { rows } from "../rows.ts";
import { lanesOf } from "../text.ts";

export const gemv: Variant<QuantizedP, QuantizedSpec, { threads: number }> = {
  name: "gemv",
  tiles: [{ threads: 64 }, { threads: 128 }, { threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads, workgroupBytes: 16 * threads, subgroups: true }),
  when: ({ params: { m, batch } }, { software }) => !software && m * batch <= 8,
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: ({ params: { m, n, batch } }) => Math.ceil(n / 4) * m * batch,
  wgsl: (spec, { threads }) =>
    rows(
      spec,
      threads,
      wgsl`// Each subgroup adds up its own; then each adds up all the subgroups', wherever their threads lie.
  let own = subgroupAdd(c0_0);
  if (subgroupElect()) { partial[index] = own; }
  workgroupBarrier();
  var others = vec4f();
  for (var i = lane; i < ${threads}u; i += size) { others += partial[i]; }
  let total = subgroupAdd(others);`,
      ", @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_size) size: u32",
    ),
};
