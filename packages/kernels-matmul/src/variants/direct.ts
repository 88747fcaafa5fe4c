import type { Variant } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { strip } from "../strip.ts";
import { lanes, lines, multiply, putAll, type Registers, tilesOf } from "../text.ts";
import { columnsOfB, packedRefusal, registerKernel } from "../tile.ts";

/**
 * A register tile a thread, vec4 straight from storage: no workgroup memory, no barrier.
 *
 *              b: 4 k x 8 columns
 *              ┌──┬──┐
 *     a: ┌──┐  ├──┼──┤      8 x 8 sums a thread, 8 x 8 threads a workgroup;
 *      8 │4k│  │  │  │      per 4 k: 8 vec4 of a, 8 vec4 of b, 256 multiply-adds
 *        └──┘  └──┴──┘
 *
 * 4 multiply-adds for a component loaded (8x8). The caches do what workgroup memory does elsewhere: good on Apple,
 * and on CPUs without subgroups. Lost: arrays of sums indexed in a loop (5x slower on SwiftShader).
 */
export const direct: Variant<P, Spec, { rows: number; columns: number }> = {
  name: "direct",
  tiles: [
    { rows: 8, columns: 8 },
    { rows: 4, columns: 4 },
    { rows: 8, columns: 4 },
  ],
  needs: () => ({ invocations: 64 }),
  when: ({ params: { m, n } }) => m > 1 && n > 1,
  refuses: packedRefusal,
  lanes,
  workgroups: ({ params }, { rows, columns }) => tilesOf(params, 8 * rows, 8 * columns),
  wgsl(spec, { rows, columns }) {
    const tile: Registers = { rows, cols4: columns / 4 };
    const a = strip("a", !spec.transA, spec.vecA, spec.transA ? rows / 4 : rows, (i) => `row + ${spec.transA ? 4 * i : i}u`, "p.m");
    const b = columnsOfB(spec, tile);
    return registerKernel(spec, tile, {
      threads: [8, 8],
      builtins: "",
      starts: `${a.starts}\n  ${b.starts}`,
      block: multiply(
        tile,
        spec,
        spec.transA ? lines(rows / 4, (i) => lines(4, (q) => `let a${i}_${q} = ${a.read(i, `${q}u`)};`, " ")) : lines(rows, (r) => `let a${r} = ${a.read(r, 0)};`, " "),
        (i, q) => b.read(i, `${q}u`),
      ),
      tailA: lines(spec.transA ? rows / 4 : rows, (i) => `let a${i} = ${a.one(i)};`, " "),
      b,
      put: putAll(tile),
    });
  },
};
