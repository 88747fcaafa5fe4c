import { CAP, type Form, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { strip } from "../stream.ts";
import { frame, lines, multiply, multiplyOne, tail, tileRefusal, tilesOf, vec4Lanes } from "../text.ts";

const THREADS = 32;

/**
 * A register tile a thread, whose rows of a are loaded by the lanes of a subgroup, each at another k, and handed round: no barrier.
 *
 *     lane      0     1     2   …  S-1         all lanes work on the same rows, and on 4 columns each
 *     load   k 0-3 k 4-7  8-11  …              turn j: subgroupShuffle(mine, j) gives all lanes block j of k
 *
 * Per 4 k a thread loads rows/S vec4 of a and 4 of b for 16 · rows multiply-adds: 6.4 for a component loaded with 8 rows and S = 8, more for
 * wider subgroups; any S will do, and it is read when the shader runs. For Intel, whose registers shuffle freely. On CPU adapters a shuffle by
 * a lane that is no constant is slow: `quad` is for them.
 */
export const shuffle: Form<P, Spec, { rows: number; columns: number }> = {
  tiles: [
    { rows: 8, columns: 4 },
    { rows: 16, columns: 4 },
    { rows: 8, columns: 8 },
  ],
  needs: () => ({ invocations: THREADS, subgroups: true }),
  refuses: tileRefusal,
  lanes: vec4Lanes,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, rows, THREADS * columns),
  wgsl(spec, { rows, columns }) {
    const { transA, transB } = spec;
    const tile = { rows, cols4: columns / 4 };
    const count = transA ? rows / 4 : rows;
    const a = strip("a", !transA, spec.vecA, count, (i) => `row + ${transA ? 4 * i : i}u`, "p.m");
    const b = strip("b", transB, spec.vecB, transB ? columns : tile.cols4, (i) => `col + ${transB ? i : 4 * i}u`, "p.n");
    const handed = (i: number, q: number) => `subgroupShuffle(s${i}, ${transA ? `4u * turn + ${q}u` : "turn"})`;
    return frame(
      spec,
      tile,
      [THREADS, 1],
      wgsl`  ${a.starts}
  ${b.starts}
  let blocks = p.k / 4u;
  let step = min(size, ${THREADS}u)${transA ? " / 4u" : ""}; // blocks that the lanes hold together
  for (var start = 0u; start < ${CAP}; start += step) {
    if (start >= blocks) { break; }
    let k = ${transA ? "start" : "min(start + lane, blocks - 1u)"};
    ${transA ? "let mine = min(lane, 4u * (blocks - start) - 1u);" : ""}
    ${lines(count, (i) => `let s${i} = ${a.read(i, "mine")};`, " ")}
    for (var turn = 0u; turn < ${THREADS}u; turn++) {
      let k = start + turn;
      if (turn >= step || k >= blocks) { break; }
      ${multiply(tile, spec, handed, (i, q) => b.read(i, `${q}u`))}
    }
  }
  ${spec.tail ? tail("", multiplyOne(tile, spec, a.one, b.one)) : ""}`,
      { clamped: true, builtins: ", @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_size) size: u32" },
    );
  },
};
