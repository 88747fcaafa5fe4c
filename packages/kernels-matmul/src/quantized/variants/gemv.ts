import { type Form, wgsl } from "@tilewright/runtime";
import { tileRefusal } from "../../text.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { rows } from "../rows.ts";
import { lanesOf } from "../text.ts";

/**
 * A workgroup for four rows of weights and one of a, for GPUs: neighbouring threads read neighbouring words.
 *
 *     w0 ▒▒▒▒▒▒▒▒…   thread t takes words t, t + 64, …: eight k of four rows, a read once for the four;
 *     w1 ▒▒▒▒▒▒▒▒…   subgroupAdd, one barrier, and every subgroup adds up what the subgroups have
 *     w2, w3
 *
 * Which threads make a subgroup is left open: each subgroup's sum lies at its elected thread's place, all others are zero.
 * So it is right for every size from 4 to 128. Weights are read once: bandwidth is the limit. Not measured on a GPU yet.
 * More rows of a (up to 8) read the weights again, from the cache where they fit.
 */
export const gemv: Form<QuantizedP, QuantizedSpec, { threads: number }> = {
  tiles: [{ threads: 64 }, { threads: 128 }, { threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads, workgroupBytes: 16 * threads, subgroups: true }),
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
