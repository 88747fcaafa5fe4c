// The loop of the variants that dequantise in registers: quad, smallM, quadVector, direct, directVector.
import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { frame, lines, multiply, type Tile, tileRefusal, tilesOf } from "../text.ts";
import type { QuantizedP, QuantizedSpec } from "./matmul.ts";
import { dequantizing, lanesOf, readingA } from "./text.ts";

/** What one of these variants is: its workgroup is `threads` tiles, and `quad` says whether quads share a. */
interface Streamed extends Pick<Form<QuantizedP, QuantizedSpec, StreamTile>, "tiles"> {
  readonly threads: readonly [x: number, y: number];
  readonly quad: boolean;
}
type StreamTile = { rows: number; columns: number };

export const streamed = ({ threads: [x, y], quad, ...own }: Streamed): Form<QuantizedP, QuantizedSpec, StreamTile> => ({
  ...own,
  needs: () => ({ invocations: x * y, subgroups: quad }),
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, y * rows, x * columns),
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [x, y], quad),
});

/**
 * A register tile over blocks of eight k. With `quad`, the four lanes of a quad load a together and hand it round: a quarter of
 * the rows each, or, where the tile has less than four rows, a quarter of the k each.
 */
function stream(spec: QuantizedSpec, tile: Tile, threads: readonly [number, number], quad: boolean): string {
  const byRow = quad && tile.rows >= 4;
  const byK = quad && !byRow;
  const blocks = byK ? 2 : 1; // of eight k a turn
  const fours = 2 * blocks;
  const columns = 4 * tile.cols4;
  const at = (i: number) => (byK ? `2u * k + ${i}u` : "k");
  const strips = byRow ? tile.rows / 4 : tile.rows;
  const loads = (s: number) =>
    byK
      ? `let a_${s} = four_a(as${s}, ${fours}u * k + lane);`
      : lines(fours, (h) => `let a_${s}_${h} = four_a(as${s}, ${fours}u * k + ${h}u);`, " ");
  const a = (r: number, h: number) => {
    if (byRow) return `quadBroadcast(a_${r >> 2}_${h}, ${r & 3}u)`;
    return byK ? `quadBroadcast(a_${r}, ${h}u)` : `a_${r}_${h}`;
  };
  return frame(
    spec,
    tile,
    threads,
    wgsl`  ${quad ? "let lane = invocation & 3u;" : ""}
  ${lines(strips, (s) => `let as${s} = start_a(matrix * p.m + min(row + ${byRow ? 4 * s : s}u${byRow ? " + lane" : ""}, p.m - 1u));`, "\n  ")}
  ${lines(columns, (c) => `let wr${c} = min(col + ${c}u, p.n - 1u);`, "\n  ")}
  let blocks = (p.k + ${8 * blocks - 1}u) / ${8 * blocks}u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= blocks) { break; }
    ${lines(strips, loads, "\n    ")}
    ${lines(columns, (c) => `let s${c} = scale_of(wr${c}, ${at(0)});`, " ")}
    ${lines(blocks, (i) => lines(columns, (c) => `let w${c}_${i} = dequantize(wr${c}, ${at(i)}, s${c});`, " "), "\n    ")}
    ${lines(
      fours,
      (h) =>
        `{ ${multiply(
          tile,
          spec,
          (r) => a(r, h),
          (c) => `w${c}_${h >> 1}[${h & 1}]`,
        )} }`,
      "\n    ",
    )}
  }`,
    {
      functions: dequantizing(spec) + readingA(spec),
      builtins: quad ? ", @builtin(subgroup_invocation_id) invocation: u32" : "",
      clamped: true,
    },
  );
}
