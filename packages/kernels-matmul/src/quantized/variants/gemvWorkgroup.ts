import { type Form, wgsl } from "@tilewright/runtime";
import { tileRefusal } from "../../text.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { rows } from "../rows.ts";
import { lanesOf } from "../text.ts";

/**
 * gemv for GPUs without subgroups: the threads' sums meet in workgroup memory.
 *
 *     threads 0 … 63 ──► ▒▒▒▒▒▒▒▒ partial ──one barrier──► added up in order
 *
 * Lost: a tree with a barrier a level, longer text for 64 vec4 that are read once.
 */
export const gemvWorkgroup: Form<QuantizedP, QuantizedSpec, { threads: number }> = {
  tiles: [{ threads: 64 }, { threads: 128 }, { threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads, workgroupBytes: 16 * threads }),
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: ({ params: { m, n, batch } }) => Math.ceil(n / 4) * m * batch,
  wgsl: (spec, { threads }) =>
    rows(
      spec,
      threads,
      wgsl`partial[index] = c0_0;
  workgroupBarrier();
  var total = partial[0];
  for (var i = 1u; i < ${threads}u; i++) { total += partial[i]; }`,
    ),
};
