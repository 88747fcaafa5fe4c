import { lines } from "@tilewright/kernels-matmul/text";
import { type Form, type Pass, type Problem, sizeOf, type TensorType, wgsl } from "@tilewright/runtime";
import { finish, loadShared, passShared } from "../epilogue.ts";
import type { P } from "../problem.ts";
import { type ProductTile, product, productTiles } from "../product.ts";
import { filterSteps } from "../text.ts";
import { transformed, transforms } from "../transforms.ts";
import { type FilterSpec, transformedShape, type WinogradSpec } from "../winograd.ts";

type Step = Pass<P, WinogradSpec, ProductTile>;

const THREADS = 64;
const quads = (size: number) => Math.ceil(size / 4);

function sizes({ params: { batch, ci, co, yh, yw }, spec: { outputs: m } }: Problem<P, WinogradSpec>) {
  return { points: (m + 2) ** 2, tiles: batch * Math.ceil(yh / m) * Math.ceil(yw / m), ci4: quads(ci), co4: quads(co) };
}

const scratch = (problem: Problem<P, WinogradSpec>): Record<"filters" | "inputs" | "products", TensorType> => {
  const { points, tiles, ci4, co4 } = sizes(problem);
  const { params, spec } = problem;
  return {
    // A filter that is transformed already needs none; nothing is bound of one without elements.
    filters: { shape: spec.transformed ? [4] : transformedShape(spec.outputs, params.ci, params.co), dtype: "f32" },
    inputs: { shape: [points, tiles, 4 * ci4], dtype: "f32" },
    products: { shape: [points, tiles, 4 * co4], dtype: "f32" },
  };
};

/**
 * Every pass's sizes, and the entry point of those that have one thread an item. These go by single channels: by fours they took lavapipe
 * four times as long to compile, and no less to run.
 */
const CHANNELS = wgsl`let ci4 = (p.ci + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;`;
const SIZES = (m: number) => wgsl`let tall = (p.yh + ${m - 1}u) / ${m}u;
  let wide = (p.yw + ${m - 1}u) / ${m}u;
  let tiles = p.batch * tall * wide;
  ${CHANNELS}`;
const each = (sizes: string, count: string) => wgsl`@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  ${sizes}
  let items = ${count};
  if (index >= items) { return; }`;
const grid = (n: number, f: (r: number, c: number) => string, by = "\n  ") => lines(n, (r) => lines(n, (c) => f(r, c), " "), by);

/** G g Gᵀ into `to`; what lies past the last input channel is 0, past the last output channel the last again. */
function transform(spec: FilterSpec, to: string): string {
  const m = spec.outputs;
  const { o, i, tap } = filterSteps(spec);
  return wgsl`${each(CHANNELS, "16u * ci4 * co4")}
  let c = index / (4u * co4);
  let at = min(index % (4u * co4), p.co - 1u) * ${o} + min(c, p.ci - 1u) * ${i};
  ${grid(3, (r, k) => `let g${r}_${k} = select(0.0, load_w(at + ${3 * r + k}u * ${tap}), c < p.ci);`)}
  ${transformed(transforms[m].g, "g", "h", "u")}
  ${grid(m + 2, (r, k) => `store_${to}(${(m + 2) * r + k}u * items + index, u${r}_${k});`)}
}
`;
}
const transformGroups = (ci: number, co: number) => Math.ceil((16 * quads(ci) * quads(co)) / THREADS);

const filters: Step = {
  skip: ({ transformed }) => !!transformed,
  uses: () => ["w", "filters"],
  workgroups: ({ params: { ci, co } }) => transformGroups(ci, co),
  wgsl: (spec) => transform(spec, "filters"),
};

/** One thread, one pair of channels: the first of `winograd`'s passes, on its own. */
export const filterAlone: Form<"groups" | "ci" | "co", FilterSpec> = {
  tiles: [{}],
  needs: () => ({ invocations: THREADS }),
  workgroups: ({ params: { ci, co } }) => transformGroups(ci, co),
  wgsl: (spec) => transform(spec, "u"),
};

/** Bᵀ d B of every tile; channels past the last are it again, and meet filters of 0. */
const inputs: Step = {
  uses: () => ["x", "inputs"],
  workgroups(problem) {
    const { tiles, ci4 } = sizes(problem);
    return Math.ceil((4 * tiles * ci4) / THREADS);
  },
  wgsl(spec) {
    const m = spec.outputs;
    const [plane, step] = spec.last ? ["image * p.xh * p.xw * p.ci + c", " * p.ci"] : ["(image * p.ci + c) * p.xh * p.xw", ""];
    return wgsl`${each(SIZES(m), "4u * tiles * ci4")}
  let tile = index / (4u * ci4);
  let c = min(index - tile * 4u * ci4, p.ci - 1u);
  let image = tile / (tall * wide);
  let y = tile / wide % tall * ${m}u - p.ph;
  let x0 = tile % wide * ${m}u - p.pw;
  let plane = ${plane};
  ${lines(m + 2, (r) => `let in_y${r} = y + ${r}u < p.xh; let line${r} = plane + select(0u, y + ${r}u, in_y${r}) * p.xw${step};`, "\n  ")}
  ${lines(m + 2, (k) => `let in_x${k} = x0 + ${k}u < p.xw; let col${k} = select(0u, x0 + ${k}u, in_x${k})${step};`, "\n  ")}
  ${grid(m + 2, (r, k) => `let d${r}_${k} = select(0.0, load_x(line${r} + col${k}), in_y${r} && in_x${k});`)}
  ${transformed(transforms[m].b, "d", "h", "v")}
  ${grid(m + 2, (r, k) => `store_inputs(${(m + 2) * r + k}u * items + index, v${r}_${k});`)}
}
`;
  },
};

/** At each point of the transforms a matrix product: tiles by input channels, times input by output channels. */
const products: Step = {
  uses: ({ transformed }) => [transformed ? "w" : "filters", "inputs", "products"],
  lanes: () => ({ w: 4, filters: 4, inputs: 4, products: 4 }),
  workgroups(problem, tile) {
    const { points, tiles, co4 } = sizes(problem);
    return productTiles(tile, points, tiles, co4);
  },
  wgsl: ({ outputs: m, transformed }, tile) =>
    product(tile, {
      a: "inputs",
      b: transformed ? "w" : "filters",
      given: SIZES(m),
      count: `${(m + 2) ** 2}u`,
      rows: "tiles",
      columns4: "co4",
      terms4: "ci4",
      put: (c, column, row) =>
        lines(tile.rows, (r) => `store_products((matrix * tiles + ${row(r)}) * co4 + ${column}, c${r}_${c});`, "\n  "),
    }),
};

/** Aᵀ m A, finished. */
const output: Step = {
  uses: () => ["bias", "residual", "slope", "products", "y"],
  workgroups(problem) {
    const { tiles, co4 } = sizes(problem);
    return Math.ceil((4 * tiles * co4) / THREADS);
  },
  wgsl(spec) {
    const m = spec.outputs;
    const [plane, step] = spec.last
      ? ["image * p.yh * p.yw * p.co + channel", " * p.co"]
      : ["(image * p.co + channel) * p.yh * p.yw", ""];
    return wgsl`${finish({ ...spec, vecY: false }, 1)}

${each(SIZES(m), "4u * tiles * co4")}
  let tile = index / (4u * co4);
  let channel = index - tile * 4u * co4;
  if (channel >= p.co) { return; }
  let image = tile / (tall * wide);
  let y = tile / wide % tall * ${m}u;
  let x0 = tile % wide * ${m}u;
  let plane = ${plane};
  ${loadShared(spec, "channel", "_here")}
  ${grid(m + 2, (r, k) => `let m${r}_${k} = load_products(${(m + 2) * r + k}u * items + index);`)}
  ${transformed(transforms[m].a, "m", "h", "y")}
  // What lies past the last row or column is the first again, and is stored before it.
  ${lines(m, (r) => `let line${r} = plane + select(y, y + ${r}u, y + ${r}u < p.yh) * p.yw${step};`, "\n  ")}
  ${lines(m, (k) => `let col${k} = select(x0, x0 + ${k}u, x0 + ${k}u < p.yw)${step};`, "\n  ")}
  ${lines(
    m * m,
    (i) => {
      const [r, k] = [m - 1 - Math.floor(i / m), m - 1 - (i % m)];
      return `{ let at = line${r} + col${k}; store_y(at, finish(y${r}_${k}, at, channel${passShared(spec, "_here")})); }`;
    },
    "\n  ",
  )}
}
`;
  },
};

/**
 * Winograd's F(2x2, 3x3) and F(4x4, 3x3): a tile of m x m outputs takes (m + 2)² products for
 * each pair of channels instead of 9m², 2.25 and 4 times fewer.
 *
 *     filters: G g Gᵀ ──────────┐
 *     inputs:  Bᵀ d B, tiles ───┴──► products: (m + 2)² matrix products ──► output: Aᵀ · A, bias, activation
 *
 * Scratch holds all three, (m + 2)² · (ci · co + tiles · (ci + co)) words: for 56x56, 64 to 64, m = 4 is 4.2 MB, m = 2 6.7 MB.
 */
export const winograd: Form<P, WinogradSpec, ProductTile> = {
  tiles: [
    { rows: 16, columns: 4, quad: 1 },
    { rows: 8, columns: 4, quad: 0 },
  ],
  needs: (tile) => ({ invocations: THREADS, subgroups: tile.quad === 1 }),
  prefer: (_, { software, subgroups }) => (software && subgroups ? winograd.tiles[0] : winograd.tiles[1]),
  refuses(problem, { f16, maxBinding }) {
    const { spec } = problem;
    if (spec.empty) return "there is nothing to multiply; naive writes bias and residual";
    const most = Math.max(...Object.values(scratch(problem)).map(sizeOf));
    if (most > maxBinding) return `its scratch needs a ${most}-byte binding; this device allows ${maxBinding}`;
    return spec.half && !f16 ? "it needs the device feature shader-f16 to store single f16" : undefined;
  },
  scratch,
  passes: [filters, inputs, products, output],
};
