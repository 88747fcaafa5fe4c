import { type Variant, wgsl } from "@tilewright/runtime";
import { lines, tileRefusal } from "../../text.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { rows } from "../rows.ts";
import { lanesOf } from "../text.ts";

export const gemvTree: Variant<QuantizedP, QuantizedSpec, { threads: number }> = {
  name: "gemvTree",
  tiles: [{ threads: 64 }, { threads: 128 }, { threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads, workgroupBytes: 16 * threads }),
  when: ({ params: { m, batch } }, { software }) => !software && m * batch <= 8,
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: ({ params: { m, n, batch } }) => Math.ceil(n / 4) * m * batch,
  wgsl: (spec, { threads }) =>
    rows(
      spec,
      threads,
      wgsl`partial[index] = c0_0;
  ${lines(Math.log2(threads), (i) => `workgroupBarrier();\n  if (index < ${threads >> (i + 1)}u) { partial[index] += partial[index + ${threads >> (i + 1)}u]; }`, "\n  ")}
  let total = partial[index];`,
    ),
};
