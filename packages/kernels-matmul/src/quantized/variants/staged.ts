import type { Form } from "@tilewright/runtime";
import { tileRefusal, tilesOf } from "../../text.ts";
import { stagedText } from "../../variants/staged.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { dequantizing, lanesOf } from "../text.ts";

/**
 * matmul's staged with weights dequantised on their way into workgroup memory: once for each k tile, not for each sum.
 *
 *              w: bk x bn               one turn: every thread loads its share of a's tile, unpacks its share of the weights',
 *              ┌───────┐                barrier, every thread multiplies its rows x columns sums over bk, barrier
 *     a: ┌──┐  │ ▒     │
 *     bm │▒ │  └───────┘
 *        └──┘    bm x bn sums of c
 *
 * For 64 x 64 a weight is unpacked once for 64 rows of a, and read from storage in half a byte. A k tile of 16 lies in one group.
 */
export const staged: Form<QuantizedP, QuantizedSpec, { bm: number; bn: number; bk: number; rows: number; columns: number }> = {
  tiles: [
    { bm: 64, bn: 64, bk: 16, rows: 8, columns: 4 },
    { bm: 32, bn: 32, bk: 16, rows: 4, columns: 4 },
  ],
  needs: ({ bm, bn, bk, rows, columns }) => ({ invocations: (bm / rows) * (bn / columns), workgroupBytes: 4 * bk * (bm + bn) }),
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: (problem, { bm, bn }) => tilesOf(problem, bm, bn),
  wgsl: (spec, tile) =>
    dequantizing(spec) +
    stagedText(
      spec,
      tile,
      "let w = dequantize(outer, inner >> 3u, scale_of(outer, inner >> 3u));\n  v = select(w[0], w[1], (inner & 4u) > 0u);",
    ),
};
