import type { Variant } from "@tilewright/runtime";
import { tileRefusal, tilesOf, worthTiling } from "../../text.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { stream } from "../stream.ts";
import { lanesOf } from "../text.ts";

/**
 * TODO
 */
export const quad: Variant<QuantizedP, QuantizedSpec, { rows: number; columns: number }> = {
  name: "quad",
  tiles: [
    { rows: 16, columns: 4 },
    { rows: 8, columns: 4 },
    { rows: 8, columns: 8 },
  ],
  needs: () => ({ invocations: 8, subgroups: true }),
  when: (problem, { software }) => software && worthTiling(problem),
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, rows, 8 * columns),
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [8, 1], true),
};
