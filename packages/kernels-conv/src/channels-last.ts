// A register tile where channels are last: rows are pixels of all images, columns output channels, four to a vec4. Implicit GEMM:
// for every tap a matrix product over the group's input channels, whose rows of x are found, not copied.
import { forSums, lines, multiply, multiplyOne, type Tile, tail } from "@tilewright/kernels-matmul/text";
import { CAP, wgsl } from "@tilewright/runtime";
import { finish, loadShared, passShared, takeShared } from "./epilogue.ts";
import { phaseOf, phases, phaseText } from "./phases.ts";
import type { Spec } from "./problem.ts";
import { alongI, filterSteps, lessZero, overTaps, places, zeroAt } from "./text.ts";
import { entry, type How, named, storeFour, vecFilter } from "./tile.ts";
import { phased } from "./tiling.ts";

/** `put(pixel, group, col, sum, bias)`: finishes and stores four channels from `col` of the group on. */
export const putPixels = (spec: Spec): string => wgsl`${finish(spec, 4)}
fn put(pixel: u32, group: u32, col: u32, sum: vec4f${takeShared(spec, "vec4f")}) {
  let channel = group * p.co + col;
  let at = pixel * p.groups * p.co + channel;
  let v = finish(sum, at, channel${passShared(spec, "_here")});
  ${storeFour(spec, "p.co - 1u - col")}
}`;

/** Pixels of a phase: image, depth, height and width. `next_in` is the one behind. */
const NEXT = wgsl`fn place_in(grid: vec3u, i: u32) -> vec3u { return vec3u(i / (grid.y * grid.z), i / grid.z % grid.y, i % grid.z); }
fn next_in(grid: vec3u, at: vec4u) -> vec4u {
  let w = vec4u(at.xyz, at.w + 1u);
  let h = select(w, vec4u(w.xy, w.z + 1u, 0u), w.w == grid.z);
  let d = select(h, vec4u(h.x, h.y + 1u, 0u, 0u), h.z == grid.y);
  return select(d, vec4u(d.x + 1u, 0u, 0u, 0u), d.y == grid.x);
}`;

/** Where rows of a phase lie in y, all images in turn: rows past the last are it again. */
const following = (rows: number) => wgsl`let image = row / pixels;
  let at_0 = vec4u(image, place_in(grid, row - image * pixels));
  ${lines(rows - 1, (r) => `let at_${r + 1} = select(at_${r}, next_in(grid, at_${r}), row + ${r + 1}u < p.batch * pixels);`, "\n  ")}
  ${named(rows, "place", (r) => `at_${r}.x * p.yd * p.yh * p.yw + place_of(at_${r}.yzw, phase)`)}`;

/** `stretch(row, e)`: element e of a row of x, all channels in turn; before the row e has wrapped. */
const STRETCH = wgsl`fn stretch(row: u32, e: u32) -> f32 {
  let last = p.xw * p.ci - 1u;
  return select(0.0, load_x(row + min(e, last)), e <= last);
}`;

export function channelsLast(spec: Spec, tile: Tile, { threads, quad }: How): string {
  const { rows, cols4 } = tile;
  const [across, down] = threads;
  const apart = phased(spec);
  const phase = phaseOf(spec);
  const step = filterSteps(spec);
  const loads = quad ? rows / 4 : rows;
  const transB = alongI(spec);
  const vecW = vecFilter(spec);
  const form = { transA: false, transB };
  // A start in w for each column, or for four that lie together.
  const single = transB || !vecW;
  const { run } = spec;
  const starts = named(single ? 4 * cols4 : cols4, "wc", (j) =>
    single
      ? `group * ${step.group} + min(col + ${j}u, p.co - 1u) * ${step.o}`
      : `group * ${step.group} + min(col + ${4 * j}u, p.co - 4u)`,
  );
  const inX = (i: number, value: string, zero: string) => (spec.padded ? `select(${zero}, ${value}, in${i})` : value);
  // A stretch of x under a row of taps may reach past the row's ends: each of its elements by itself.
  const oneOf = (i: number, k: string) => {
    if (!run) return inX(i, `load_x(xs${i} + ${k})`, "0.0");
    return spec.padded ? `stretch(xs${i}, e${i} + ${k})` : `load_x(xs${i} + ${k})`;
  };
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
  const fours = (i: number) =>
    spec.vecX ? inX(i, `load_x(xs${i} + k)`, "vec4f()") : `vec4f(${lines(4, (j) => oneOf(i, `4u * k + ${j}u`), ", ")})`;
  const ones = (i: number) => oneOf(i, "kk");
  // What lies past the last pixel is the last again, stored over it, and a column's bias is loaded once: CPU drivers compile branches, and
  // every load and store, slowly.
  const puts = (c: number) =>
    wgsl`${loadShared(spec, `group * p.co + col + ${4 * c}u`, `${c}`)}
  ${lines(
    rows,
    (r) =>
      `put(${apart ? `place${r}` : `min(row + ${r}u, p.batch * pixels - 1u)`}, group, col + ${4 * c}u, c${r}_${c}${passShared(spec, `${c}`)});`,
    "\n  ",
  )}`;
  const windows = wgsl`${spec.padded ? named(loads, "in", (i) => `inside(at${i})`) : ""}
  ${named(loads, "xs", (i) => `${spec.padded ? "select(0u, " : ""}x_at(image${i}, group, at${i})${spec.padded ? `, in${i})` : ""}${spec.vecX ? " >> 2u" : ""}`)}`;
  // Where rows of x begin, and the stretches in them, a place past all rows where there is no such row.
  const stretches = spec.padded
    ? wgsl`${named(loads, "in", (i) => `at${i}.x < p.xd && at${i}.y < p.xh`)}
  ${named(loads, "xs", (i) => `select(0u, x_at(image${i}, 0u, vec3u(at${i}.xy, 0u)), in${i})`)}
  ${named(loads, "e", (i) => `select(0x80000000u, at${i}.z * p.ci, in${i})`)}`
    : named(loads, "xs", (i) => `x_at(image${i}, 0u, at${i})`);
  return wgsl`
const ROWS = ${rows * down}u; // of a workgroup
const COLUMNS = ${4 * cols4 * across}u;
${places(apart ? { ...spec, strides: [1, 1, 1] } : spec)}
${apart ? `${phaseText(spec)}\n${NEXT}` : ""}
${putPixels(spec)}
${run && spec.padded ? STRETCH : ""}

${entry(threads, quad)}
  let across = (p.co + COLUMNS - 1u) / COLUMNS;
  ${
    apart
      ? wgsl`let most = grid_of(vec3u());
  let down = (p.batch * most.x * most.y * most.z + ROWS - 1u) / ROWS;
  let group = index / (across * down) % p.groups;
  let number = index / (across * down) / p.groups;
  let phase = phase_at(number);
  let grid = grid_of(phase);
  let pixels = grid.x * grid.y * grid.z;
  if (number >= ${phases(spec)}u || pixels == 0u) { return; }
  let first = first_taps(phase);`
      : wgsl`let pixels = p.yd * p.yh * p.yw;
  let down = (p.batch * pixels + ROWS - 1u) / ROWS;
  let group = index / (across * down);
  if (group >= p.groups) { return; }`
  }
  let row = index / across % down * ROWS + thread.y * ${rows}u;
  let col = index % across * COLUMNS + thread.x * ${4 * cols4}u;
  // The pixels whose windows this thread loads, and its columns.
  ${quad ? "let lane = invocation & 3u;" : ""}
  ${named(loads, "pixel", (i) => `min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, p.batch * pixels - 1u)`)}
  ${named(loads, "image", (i) => `pixel${i} / pixels`)}
  ${named(loads, "corner", (i) => {
    const inner = `pixel${i} - image${i} * pixels`;
    return apart ? `corner_of(place_in(grid, ${inner}), phase, first)` : `corner(${inner})`;
  })}
  ${starts}
  ${spec.zeros === undefined ? "" : zeros}
  ${forSums(tile, (r, c) => `var c${r}_${c} = vec4f();`)}
  let terms = p.ci${run ? ` * ${spec.kernel[2]}u` : ""};
  ${overTaps(
    apart ? phase : run ? { ...spec, kernel: [spec.kernel[0], spec.kernel[1], 1] } : spec,
    wgsl`  ${named(loads, "at", (i) => `under(corner${i}, offset)`)}
  ${run ? stretches : windows}
  ${named(single ? 4 * cols4 : cols4, "wb", (j) => `(wc${j} + tap * ${run ? `${spec.kernel[2]}u * ` : ""}${step.tap})${vecW ? " >> 2u" : ""}`)}
  let blocks = terms / 4u;
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
          "terms",
        )
      : ""
  }`,
    apart ? { kernel: spec.kernel, step: phase.step, axes: 3 } : undefined,
  )}
  if (row >= p.batch * pixels || col >= p.co) { return; }
  ${apart ? following(rows) : ""}
  ${lines(cols4, (c) => (c > 0 ? `if (col + ${4 * c}u < p.co) {\n  ${puts(c)}\n  }` : puts(c)), "\n  ")}
}
`;
}
