import { forSums, lines, multiply } from "@tilewright/kernels-matmul/text";
import { CAP, type Pass, type Problem, sizeOf, type TensorType, type Variant, wgsl } from "@tilewright/runtime";
import { biasAt, finish, finishLanes } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { filterSteps } from "../text.ts";
import { transformed, transforms } from "../winograd.ts";

/** Of the products: a thread's rows (tiles of y) and columns; with `quad` 1 the lanes of a quad share their rows. */
type Tile = { readonly rows: number; readonly columns: number; readonly quad: 0 | 1 };
type Step = Pass<P, Spec, Tile>;

const THREADS = 64;
const quads = (size: number) => Math.ceil(size / 4);
/** A workgroup's threads, across and down. */
const shape = ({ quad }: Tile) => (quad ? ([8, 1] as const) : ([8, 8] as const));

function sizes({ params: { batch, ci, co, yh, yw }, spec: { winograd: m } }: Problem<P, Spec>) {
  return { points: (m! + 2) ** 2, tiles: batch * Math.ceil(yh / m!) * Math.ceil(yw / m!), ci4: quads(ci), co4: quads(co) };
}

const scratch = (problem: Problem<P, Spec>): Record<"filters" | "inputs" | "products", TensorType> => {
  const { points, tiles, ci4, co4 } = sizes(problem);
  return {
    filters: { shape: [points, 4 * ci4, 4 * co4], dtype: "f32" },
    inputs: { shape: [points, tiles, 4 * ci4], dtype: "f32" },
    products: { shape: [points, tiles, 4 * co4], dtype: "f32" },
  };
};

/** Four channels of y are stored as one. */
const fours = ({ last, vecY }: Spec) => last && vecY;

/** Every pass's sizes, and of those of one thread an item the entry point. */
const SIZES = (m: number) => wgsl`let tall = (p.yh + ${m - 1}u) / ${m}u;
  let wide = (p.yw + ${m - 1}u) / ${m}u;
  let tiles = p.batch * tall * wide;
  let ci4 = (p.ci + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;`;
const each = (m: number, count: string) => wgsl`@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  ${SIZES(m)}
  if (index >= ${count}) { return; }`;
const grid = (n: number, f: (r: number, c: number) => string, by = "\n  ") => lines(n, (r) => lines(n, (c) => f(r, c), " "), by);

/** G g Gᵀ; input channels past the last are 0. */
const filters: Step = {
  uses: () => ["w", "filters"],
  lanes: () => ({ filters: 4 }),
  workgroups(problem) {
    const { ci4, co4 } = sizes(problem);
    return Math.ceil((4 * ci4 * co4) / THREADS);
  },
  wgsl(spec) {
    const m = spec.winograd!;
    const { o, i, tap } = filterSteps(spec);
    const at = (t: number, j: number) =>
      `load_w(min(4u * four + ${j}u, p.co - 1u) * ${o} + min(c, p.ci - 1u) * ${i} + ${t}u * ${tap})`;
    return wgsl`${each(m, "4u * ci4 * co4")}
  let c = index / co4;
  let four = index - c * co4;
  ${grid(3, (r, k) => `let g${r}_${k} = select(vec4f(), vec4f(${lines(4, (j) => at(3 * r + k, j), ", ")}), c < p.ci);`)}
  ${transformed(transforms[m].g, "g", "h", "u")}
  ${grid(m + 2, (r, k) => `store_filters(${(m + 2) * r + k}u * 4u * ci4 * co4 + index, u${r}_${k});`)}
}
`;
  },
};

/** Bᵀ d B of every tile, four channels a thread; channels past the last are it again, and meet filters of 0. */
const inputs: Step = {
  uses: () => ["x", "inputs"],
  lanes: ({ last, vecX }) => ({ x: last && vecX ? 4 : 1, inputs: 4 }),
  workgroups(problem) {
    const { tiles, ci4 } = sizes(problem);
    return Math.ceil((tiles * ci4) / THREADS);
  },
  wgsl(spec) {
    const { last, vecX, winograd } = spec;
    const m = winograd!;
    const channel = (j: number) => `min(4u * four + ${j}u, p.ci - 1u)`;
    const load = last
      ? vecX
        ? "load_x(at * ci4 + four)"
        : `vec4f(${lines(4, (j) => `load_x(at * p.ci + ${channel(j)})`, ", ")})`
      : `vec4f(${lines(4, (j) => `load_x(at + plane${j})`, ", ")})`;
    const image = last ? "image * p.xh" : "0u";
    return wgsl`${each(m, "tiles * ci4")}
  let tile = index / ci4;
  let four = index - tile * ci4;
  let image = tile / (tall * wide);
  let y = tile / wide % tall * ${m}u - p.ph;
  let x0 = tile % wide * ${m}u - p.pw;
  ${last ? "" : lines(4, (j) => `let plane${j} = (image * p.ci + ${channel(j)}) * (p.xh * p.xw);`, "\n  ")}
  ${lines(m + 2, (r) => `let in_y${r} = y + ${r}u < p.xh; let line${r} = (${image} + select(0u, y + ${r}u, in_y${r})) * p.xw;`, "\n  ")}
  ${lines(m + 2, (c) => `let in_x${c} = x0 + ${c}u < p.xw; let col${c} = select(0u, x0 + ${c}u, in_x${c});`, "\n  ")}
  ${grid(m + 2, (r, c) => `var d${r}_${c} = vec4f(); { let at = line${r} + col${c}; d${r}_${c} = select(vec4f(), ${load}, in_y${r} && in_x${c}); }`)}
  ${transformed(transforms[m].b, "d", "h", "v")}
  ${grid(m + 2, (r, c) => `store_inputs(${(m + 2) * r + c}u * tiles * ci4 + index, v${r}_${c});`)}
}
`;
  },
};

/** At each point of the transforms a matrix product: tiles by input channels, times input by output channels. */
const products: Step = {
  uses: () => ["filters", "inputs", "products"],
  lanes: () => ({ filters: 4, inputs: 4, products: 4 }),
  workgroups(problem, tile) {
    const { points, tiles, co4 } = sizes(problem);
    const [across, down] = shape(tile);
    return points * Math.ceil(tiles / (tile.rows * down)) * Math.ceil((4 * co4) / (tile.columns * across));
  },
  wgsl(spec, { rows, columns, quad }) {
    const m = spec.winograd!;
    const cols4 = columns / 4;
    const tile = { rows, cols4 };
    const [across, down] = shape({ rows, columns, quad });
    const loads = quad ? rows / 4 : rows;
    const named = (count: number, name: string, value: (i: number) => string) =>
      lines(count, (i) => `let ${name}${i} = ${value(i)};`, "\n  ");
    return wgsl`@compute @workgroup_size(${across}, ${down})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u${quad ? ", @builtin(subgroup_invocation_id) invocation: u32" : ""}) {
  let index = wid.y * groups.x + wid.x;
  ${SIZES(m)}
  let across = (co4 + ${cols4 * across - 1}u) / ${cols4 * across}u;
  let down = (tiles + ${rows * down - 1}u) / ${rows * down}u;
  let point = index / (across * down);
  if (point >= ${(m + 2) ** 2}u) { return; }
  let row = index / across % down * ${rows * down}u + thread.y * ${rows}u;
  let col = index % across * ${cols4 * across}u + thread.x * ${cols4}u;
  ${quad ? "let lane = invocation & 3u;" : ""}
  ${named(loads, "a_at", (i) => `(point * tiles + min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, tiles - 1u)) * ci4`)}
  ${named(cols4, "b_at", (c) => `point * 4u * ci4 * co4 + min(col + ${c}u, co4 - 1u)`)}
  ${forSums(tile, (r, c) => `var c${r}_${c} = vec4f();`)}
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= ci4) { break; }
    ${quad ? lines(loads, (i) => `let q${i} = load_inputs(a_at${i} + k);`, " ") : ""}
    ${multiply(
      tile,
      { transA: false, transB: false },
      (r) => (quad ? `quadBroadcast(q${r >> 2}, ${r & 3}u)` : `load_inputs(a_at${r} + k)`),
      (c, q) => `load_filters(b_at${c} + (4u * k + ${q}u) * co4)`,
    )}
  }
  if (row >= tiles || col >= co4) { return; }
  // Rows past the last are it again, stored over it.
  ${lines(
    cols4,
    (c) => `if (col + ${c}u < co4) {
  ${lines(rows, (r) => `store_products((point * tiles + min(row + ${r}u, tiles - 1u)) * co4 + col + ${c}u, c${r}_${c});`, "\n  ")}
  }`,
    "\n  ",
  )}
}
`;
  },
};

/** Aᵀ m A, finished. */
const output: Step = {
  uses: () => ["bias", "residual", "slope", "products", "y"],
  lanes: (spec) => ({ ...finishLanes({ ...spec, vecY: fours(spec) }), products: 4 }),
  workgroups(problem) {
    const { tiles, co4 } = sizes(problem);
    return Math.ceil((tiles * co4) / THREADS);
  },
  wgsl(spec) {
    const m = spec.winograd!;
    const vec = fours(spec);
    const pixel = "(image * p.yh + y) * p.yw + x0";
    const at = spec.last ? `(${pixel}) * p.co + channel` : "((image * p.co + channel) * p.yh + y) * p.yw + x0";
    const one = (j: number) =>
      `if (4u * four + ${j}u < p.co) { let channel = 4u * four + ${j}u; let at = ${at}; store_y(at, finish(v[${j}], at, channel${biasAt(spec, "channel")})); }`;
    return wgsl`${finish({ ...spec, vecY: vec }, vec ? 4 : 1)}
fn put(image: u32, y: u32, x0: u32, four: u32, v: vec4f) {
  if (y >= p.yh || x0 >= p.yw) { return; }
  ${
    vec
      ? `let channel = 4u * four; let at = ${at}; store_y(at >> 2u, finish(v, at, channel${biasAt(spec, "channel")}));`
      : lines(4, one, "\n  ")
  }
}

${each(m, "tiles * co4")}
  let tile = index / co4;
  let four = index - tile * co4;
  let image = tile / (tall * wide);
  let y = tile / wide % tall * ${m}u;
  let x0 = tile % wide * ${m}u;
  ${grid(m + 2, (r, c) => `let m${r}_${c} = load_products(${(m + 2) * r + c}u * tiles * co4 + index);`)}
  ${transformed(transforms[m].a, "m", "h", "y")}
  ${grid(m, (r, c) => `put(image, y + ${r}u, x0 + ${c}u, four, y${r}_${c});`)}
}
`;
  },
};

/**
 * Winograd's F(2x2, 3x3) and F(4x4, 3x3), where the option `winograd` allows their errors: a tile of m x m outputs takes (m + 2)² products for
 * each pair of channels instead of 9m², 2.25 and 4 times fewer.
 *
 *     filters: G g Gᵀ ──────────┐
 *     inputs:  Bᵀ d B, tiles ───┴──► products: (m + 2)² matrix products ──► output: Aᵀ · A, bias, activation
 *
 * Scratch holds all three, (m + 2)² · (ci · co + tiles · (ci + co)) words: for 56x56, 64 to 64, m = 4 is 4.2 MB, m = 2 6.7 MB.
 */
export const winograd: Variant<P, Spec, Tile> = {
  name: "winograd",
  tiles: [
    { rows: 16, columns: 4, quad: 1 },
    { rows: 8, columns: 4, quad: 0 },
  ],
  needs: (tile) => ({ invocations: THREADS, subgroups: tile.quad === 1 }),
  prefer: (_, { software, subgroups }) => (software && subgroups ? winograd.tiles[0] : winograd.tiles[1]),
  when: (problem) => {
    const { tiles } = problem.spec.winograd ? sizes(problem) : { tiles: 0 };
    return Math.min(problem.params.ci, problem.params.co) >= 16 && tiles >= 64;
  },
  refuses(problem, { f16, maxBinding }) {
    const { spec } = problem;
    if (!spec.winograd)
      return "its errors are not allowed (option winograd), or the kernel is not 3x3 of one group with strides and dilations of 1";
    if (spec.empty) return "there is nothing to multiply; naive writes bias and residual";
    const most = Math.max(...Object.values(scratch(problem)).map(sizeOf));
    if (most > maxBinding) return `its scratch needs a ${most}-byte binding; this device allows ${maxBinding}`;
    return spec.half && !f16 && !fours(spec) ? "without shader-f16 it stores f16 in fours of channels only" : undefined;
  },
  scratch,
  passes: [filters, inputs, products, output],
};
