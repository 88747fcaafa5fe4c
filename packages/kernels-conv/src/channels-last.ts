// A register tile where channels are last: rows are pixels of all images, columns output channels, four to a vec4. Implicit GEMM:
// for every tap a matrix product over the group's input channels, whose rows of x are found, not copied.
import { forSums, lines, multiply, multiplyOne, type Tile, tail } from "@tilewright/kernels-matmul/text";
import { CAP, wgsl } from "@tilewright/runtime";
import { finish, loadShared, passShared, takeShared } from "./epilogue.ts";
import type { Spec } from "./problem.ts";
import { alongI, filterSteps, lessZero, overTaps, places, zeroAt } from "./text.ts";
import { entry, type How, named, storeFour, vecFilter } from "./tile.ts";

/** `put(pixel, group, col, sum, bias)`: finishes and stores four channels from `col` of the group on. */
export const putPixels = (spec: Spec): string => wgsl`${finish(spec, 4)}
fn put(pixel: u32, group: u32, col: u32, sum: vec4f${takeShared(spec, "vec4f")}) {
  let channel = group * p.co + col;
  let at = pixel * p.groups * p.co + channel;
  let v = finish(sum, at, channel${passShared(spec, "_here")});
  ${storeFour(spec, "p.co - 1u - col")}
}`;

export function channelsLast(spec: Spec, tile: Tile, { threads, quad }: How): string {
  const { rows, cols4 } = tile;
  const [across, down] = threads;
  const step = filterSteps(spec);
  const loads = quad ? rows / 4 : rows;
  const transB = alongI(spec);
  const vecW = vecFilter(spec);
  const form = { transA: false, transB };
  // A start in w for each column, or for four that lie together.
  const single = transB || !vecW;
  const starts = named(single ? 4 * cols4 : cols4, "wc", (j) =>
    single
      ? `group * ${step.group} + min(col + ${j}u, p.co - 1u) * ${step.o}`
      : `group * ${step.group} + min(col + ${4 * j}u, p.co - 4u)`,
  );
  const inX = (i: number, value: string, zero: string) => (spec.padded ? `select(${zero}, ${value}, in${i})` : value);
  const four = (i: number) =>
    spec.vecX ? `load_x(xs${i} + k)` : `vec4f(${lines(4, (j) => `load_x(xs${i} + 4u * k + ${j}u)`, ", ")})`;
  const row = (load: (i: number) => string) => (r: number) => (quad ? `quadBroadcast(q${r >> 2}, ${r & 3}u)` : load(r));
  const w = (c: number, q: string) => {
    if (!transB) return wOne(c, `(4u * k + ${q}u)`);
    const four = vecW ? `load_w(wb${c} + k)` : lines(4, (j) => `f32(load_w(wb${c} + 4u * k + ${j}u))`, ", ");
    return `vec4f(${four})${lessZero(spec, `zero${c}`)}`;
  };
  const wOne = (c: number, k: string) => {
    if (transB) return `f32(load_w(wb${c} + ${k}))${lessZero(spec, `zero${c}`)}`;
    const four = vecW
      ? `load_w(wb${c} + ${k} * (${step.i} >> 2u))`
      : lines(4, (j) => `f32(load_w(wb${4 * c + j} + ${k} * ${step.i}))`, ", ");
    return `vec4f(${four})${lessZero(spec, `zero${c}`)}`;
  };
  // A zero for each column, or for four.
  const zero = (j: number) => zeroAt(spec, `group * p.co + min(col + ${j}u, p.co - 1u)`);
  const zeros = named(transB ? 4 * cols4 : cols4, "zero", (c) =>
    transB ? zero(c) : `vec4f(${lines(4, (j) => zero(4 * c + j), ", ")})`,
  );
  const fours = (i: number) => inX(i, four(i), "vec4f()");
  const ones = (i: number) => inX(i, `load_x(xs${i} + kk)`, "0.0");
  // What lies past the last pixel is the last again, stored over it, and a column's bias is loaded once: CPU drivers compile branches, and
  // every load and store, slowly.
  const puts = (c: number) =>
    wgsl`${loadShared(spec, `group * p.co + col + ${4 * c}u`, `${c}`)}
  ${lines(
    rows,
    (r) => `put(min(row + ${r}u, p.batch * pixels - 1u), group, col + ${4 * c}u, c${r}_${c}${passShared(spec, `${c}`)});`,
    "\n  ",
  )}`;
  return wgsl`
const ROWS = ${rows * down}u; // of a workgroup
const COLUMNS = ${4 * cols4 * across}u;
${places(spec)}
${putPixels(spec)}

${entry(threads, quad)}
  let pixels = p.yd * p.yh * p.yw;
  let across = (p.co + COLUMNS - 1u) / COLUMNS;
  let down = (p.batch * pixels + ROWS - 1u) / ROWS;
  let group = index / (across * down);
  if (group >= p.groups) { return; }
  let row = index / across % down * ROWS + thread.y * ${rows}u;
  let col = index % across * COLUMNS + thread.x * ${4 * cols4}u;
  // The pixels whose windows this thread loads, and its columns.
  ${quad ? "let lane = invocation & 3u;" : ""}
  ${named(loads, "pixel", (i) => `min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, p.batch * pixels - 1u)`)}
  ${named(loads, "corner", (i) => `corner(pixel${i} % pixels)`)}
  ${starts}
  ${spec.zeros === undefined ? "" : zeros}
  ${forSums(tile, (r, c) => `var c${r}_${c} = vec4f();`)}
  ${overTaps(
    spec,
    wgsl`  ${named(loads, "at", (i) => `under(corner${i}, offset)`)}
  ${spec.padded ? named(loads, "in", (i) => `inside(at${i})`) : ""}
  ${named(loads, "xs", (i) => `${spec.padded ? "select(0u, " : ""}x_at(pixel${i} / pixels, group, at${i})${spec.padded ? `, in${i})` : ""}${spec.vecX ? " >> 2u" : ""}`)}
  ${named(single ? 4 * cols4 : cols4, "wb", (j) => `(wc${j} + tap * ${step.tap})${vecW ? " >> 2u" : ""}`)}
  let blocks = p.ci / 4u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= blocks) { break; }
    ${quad ? lines(loads, (i) => `let q${i} = ${fours(i)};`, " ") : ""}
    ${multiply(tile, form, row(fours), (c, q) => w(c, `${q}`))}
  }
  ${
    spec.tail
      ? tail(
          quad ? lines(loads, (i) => `let q${i} = ${ones(i)};`, " ") : "",
          multiplyOne(tile, form, row(ones), (c) => wOne(c, "kk")),
          "",
          "p.ci",
        )
      : ""
  }`,
  )}
  if (row >= p.batch * pixels || col >= p.co) { return; }
  ${lines(cols4, (c) => (c > 0 ? `if (col + ${4 * c}u < p.co) {\n  ${puts(c)}\n  }` : puts(c)), "\n  ")}
}
`;
}
