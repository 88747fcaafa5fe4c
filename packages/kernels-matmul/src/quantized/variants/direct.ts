import type { Variant } from "@tilewright/runtime";
import { tileRefusal, tilesOf, worthTiling } from "../../text.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { stream } from "../stream.ts";
import { lanesOf } from "../text.ts";

/**
 * TODO
 */
export const direct: Variant<QuantizedP, QuantizedSpec, { rows: number; columns: number }> = {
  name: "direct",
  tiles: [
    { rows: 8, columns: 4 },
    { rows: 4, columns: 4 },
    { rows: 8, columns: 8 },
  ],
  needs: () => ({ invocations: 64 }),
  when: worthTiling,
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, 8 * rows, 8 * columns),
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [8, 8], false),
};
