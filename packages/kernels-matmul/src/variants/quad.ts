import type { Variant } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { strip } from "../strip.ts";
import { lanes, lines, multiply, putAll, type Registers, tilesOf } from "../text.ts";
import { columnsOfB, packedRefusal, registerKernel } from "../tile.ts";

/**
 * A register tile a thread, whose rows of a are loaded by the four lanes of a quad and handed round: no barrier.
 *
 *     lane 0 1 2 3 of a quad        all four work on the same 16 rows and on 4 columns each
 *     load row 0 1 2 3  (4k each)   quadBroadcast(aq, r & 3) gives every lane all 16 rows
 *          row 4 5 6 7 …
 *
 * Per 4 k a thread loads 4 vec4 of a and 4 of b for 256 multiply-adds: 8 for a component loaded, twice direct 8x8,
 * and on CPU adapters loads are what costs. A transposed a is shared the same way, a lane for each k.
 * The 8 threads of a workgroup all own the same rows, so it does not matter which lanes make a quad.
 * Lost: subgroupShuffle with a run-time lane (no fast path on SwiftShader); workgroups of 8 x 8.
 */
export const quad: Variant<P, Spec, { rows: number; columns: number }> = {
  name: "quad",
  tiles: [
    { rows: 16, columns: 4 },
    { rows: 8, columns: 8 },
    { rows: 8, columns: 4 },
    { rows: 16, columns: 8 },
  ],
  needs: () => ({ invocations: 8, subgroups: true }),
  when: ({ params: { m, n } }, { software }) => software && m > 1 && n > 1,
  refuses: packedRefusal,
  lanes,
  workgroups: ({ params }, { rows, columns }) => tilesOf(params, rows, 8 * columns),
  wgsl(spec, { rows, columns }) {
    const tile: Registers = { rows, cols4: columns / 4 };
    const a = strip("a", !spec.transA, spec.vecA, rows / 4, (i) => `row + ${4 * i}u${spec.transA ? "" : " + lane"}`, "p.m");
    const b = columnsOfB(spec, tile);
    const shared = lines(rows / 4, (i) => `let aq${i} = ${a.read(i, "lane")};`, " ");
    const handed = spec.transA
      ? lines(rows / 4, (i) => lines(4, (q) => `let a${i}_${q} = quadBroadcast(aq${i}, ${q}u);`, " "), "\n    ")
      : lines(rows, (r) => `let a${r} = quadBroadcast(aq${r >> 2}, ${r & 3}u);`, r4);
    return registerKernel(spec, tile, {
      threads: [8, 1],
      builtins: ", @builtin(subgroup_invocation_id) invocation: u32",
      starts: `let lane = invocation & 3u;\n  ${a.starts}\n  ${b.starts}`,
      block: multiply(tile, spec, `${shared}\n    ${handed}`, (i, q) => b.read(i, `${q}u`)),
      tailA: spec.transA
        ? lines(rows / 4, (i) => `let a${i} = ${a.one(i)};`, " ")
        : `${lines(rows / 4, (i) => `let aq${i} = ${a.one(i)};`, " ")}\n    ${lines(rows, (r) => `let a${r} = quadBroadcast(aq${r >> 2}, ${r & 3}u);`, r4)}`,
      b,
      put: putAll(tile),
    });
  },
};

const r4 = " ";
