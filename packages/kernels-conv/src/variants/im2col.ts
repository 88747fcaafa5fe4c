import { lines } from "@tilewright/kernels-matmul/text";
import { CAP, countOf, type Form, type Lanes, type Pass, type Problem, sizeOf, type TensorType, wgsl } from "@tilewright/runtime";
import { putChannels } from "../channels-first.ts";
import { putPixels } from "../channels-last.ts";
import { finishLanes, loadShared, passShared, sharedAt } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { type ProductTile, product, productTiles } from "../product.ts";
import { channelStep, filterSteps, places } from "../text.ts";
import { storeRefusal } from "../tiling.ts";

/** `kib`: what the patches of one turn may take. */
type Tile = ProductTile & { readonly kib: number };
type Step = Pass<P, Spec, Tile>;

const THREADS = 64;
/** Positions of a turn, at least. */
const LEAST = 4;
const quads = (size: number) => Math.ceil(size / 4);

/** A position is a pixel of an image (channels last), or four of a row: how many there are, and of them how many a turn, in how many turns. */
function sizes({ params, spec }: Problem<P, Spec>, { kib }: Tile) {
  const { batch, groups, ci, co, yd, yh, yw } = params;
  const terms4 = quads(countOf(spec.kernel) * ci);
  const positions = batch * yd * yh * (spec.last ? yw : quads(yw));
  const most = Math.max(Math.floor((64 * kib) / Math.max(groups * terms4 * (spec.last ? 1 : 4), 1)), LEAST);
  const turns = Math.ceil(positions / most);
  const count = turns && Math.ceil(positions / turns);
  return { groups, co, co4: quads(co), terms4, turns, count };
}

/** The same in WGSL. */
const SIZES = (spec: Spec, { kib }: Tile) => wgsl`let terms = p.ci * ${countOf(spec.kernel)}u;
  let terms4 = (terms + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let pixels = p.yd * p.yh * p.yw;
  let in_row = ${spec.last ? "p.yw" : "(p.yw + 3u) / 4u"};
  let positions = p.batch * p.yd * p.yh * in_row;
  let most = max(${64 * kib}u / (p.groups * terms4${spec.last ? "" : " * 4u"}), ${LEAST}u);
  let turns = (positions + most - 1u) / most;
  let count = (positions + turns - 1u) / turns;`;

const scratch = (problem: Problem<P, Spec>, tile: Tile): Record<"filters" | "patches", TensorType> => {
  const { groups, co, co4, terms4, count } = sizes(problem, tile);
  const { last } = problem.spec;
  return {
    filters: { shape: last ? [groups, 4 * terms4, 4 * co4] : [groups, co, 4 * terms4], dtype: "f32" },
    patches: { shape: last ? [groups, count, 4 * terms4] : [groups, 4 * terms4, 4 * count], dtype: "f32" },
  };
};

const each = (spec: Spec, tile: Tile, items: string) => wgsl`@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  ${SIZES(spec, tile)}
  if (index >= ${items}) { return; }`;

/** The filter, an element a thread: terms by channels (channels last), or channels by terms. Terms past the last are 0. */
const filters: Step = {
  uses: () => ["w", "filters"],
  workgroups(problem, tile) {
    const { groups, terms4, co, co4 } = sizes(problem, tile);
    return Math.ceil((groups * 4 * terms4 * (problem.spec.last ? 4 * co4 : co)) / THREADS);
  },
  wgsl(spec, tile) {
    const { o, i, tap, group } = filterSteps(spec);
    const places = spec.last
      ? "let col = index % (4u * co4); let rest = index / (4u * co4); let term = rest % (4u * terms4); let group = rest / (4u * terms4);"
      : "let term = index % (4u * terms4); let rest = index / (4u * terms4); let col = rest % p.co; let group = rest / p.co;";
    return wgsl`${each(spec, tile, `p.groups * 4u * terms4 * ${spec.last ? "4u * co4" : "p.co"}`)}
  ${places}
  let known = min(term, terms - 1u);
  let at = group * ${group} + min(col, p.co - 1u) * ${o} + known / p.ci * ${tap} + known % p.ci * ${i};
  store_filters(index, select(0.0, load_w(at), term < terms));
}
`;
  },
};

/** Patches are written by vec4: of channels, or of neighbours of a row. */
const fours = ({ last, vecX }: Spec) => !last || vecX;

/** What of x lies under a tap of a position, a thread: channel by channel. */
const patches: Step = {
  repeat: { param: "chunk", times: (problem, tile) => sizes(problem, tile).turns },
  uses: () => ["x", "patches"],
  lanes: (spec): Lanes => ({ x: spec.vecX ? 4 : 1, patches: fours(spec) ? 4 : 1 }),
  workgroups(problem, tile) {
    const { groups, count } = sizes(problem, tile);
    return Math.ceil((groups * countOf(problem.spec.kernel) * count) / THREADS);
  },
  wgsl(spec, tile) {
    const { kernel, dilations, last, transposed, strides, vecX, vecY, tail } = spec;
    const [, kh, kw] = kernel;
    const [dd, dh, dw] = dilations;
    const taps = countOf(kernel);
    const masked = spec.padded || !(last || vecY);
    const stride = transposed ? -1 : strides[2];
    // Neighbours that are read one by one, each with a place of its own.
    const wide = last || vecX ? 1 : 4;
    const at = (j: number) =>
      vecX && last ? `(xs${j} >> 2u) + c` : `(xs${j} + c * ${channelStep(spec)})${vecX ? " >> 2u" : ""}`;
    const element = (j: number) =>
      masked ? `select(${vecX ? "vec4f()" : "0.0"}, load_x(${at(j)}), in${j})` : `load_x(${at(j)})`;
    const elements = lines(wide, element, ", ");
    const end = last ? "row + c, 0.0" : "row + c * count, vec4f()";
    return wgsl`${places(spec)}

${each(spec, tile, `p.groups * ${taps}u * count`)}
  let mine = index % count;
  let tap = index / count % ${taps}u;
  let group = index / (${taps}u * count);
  let position = min(p.chunk * count + mine, positions - 1u);
  let image = position / (p.yd * p.yh * in_row);
  let inner = position % (p.yd * p.yh * in_row);
  let start = corner(${last ? "inner" : "inner / in_row * p.yw + inner % in_row * 4u"});
  let offset = vec3u(tap / ${kh * kw}u * ${dd}u, tap / ${kw}u % ${kh}u * ${dh}u, tap % ${kw}u * ${dw}u);
  ${lines(wide, (j) => `let at${j} = under(start, offset + vec3u(0u, 0u, ${(j * stride) >>> 0}u));`, "\n  ")}
  ${masked ? lines(wide, (j) => `let in${j} = inside(at${j});`, "\n  ") : ""}
  ${lines(wide, (j) => `let xs${j} = ${masked ? `select(0u, x_at(image, group, at${j}), in${j})` : `x_at(image, group, at${j})`};`, "\n  ")}
  let row = ${last ? "(group * count + mine) * 4u * terms4" : "group * 4u * terms4 * count + mine"};
  let first = ${last ? `${vecX ? "(row + tap * p.ci) >> 2u" : "row + tap * p.ci"}` : "row + tap * p.ci * count"};
  for (var c = 0u; c < ${CAP}; c++) {
    if (c >= p.ci${last && vecX ? " / 4u" : ""}) { break; }
    store_patches(first + c${last ? "" : " * count"}, ${wide > 1 ? `vec4f(${elements})` : elements});
  }
  ${tail ? `if (tap == ${taps - 1}u) { for (var c = terms; c < 4u * terms4; c++) { store_patches(${end}); } }` : ""}
}
`;
  },
};

/** Patches times filters, or filters times patches, finished. */
const products: Step = {
  repeat: patches.repeat!,
  uses: () => ["bias", "residual", "slope", "filters", "patches", "y"],
  lanes: (spec): Lanes => ({ ...finishLanes(spec), filters: 4, patches: 4 }),
  workgroups(problem, tile) {
    const { groups, co, co4, count } = sizes(problem, tile);
    return problem.spec.last ? productTiles(tile, groups, count, co4) : productTiles(tile, groups, co, count);
  },
  wgsl(spec, tile) {
    const given = SIZES(spec, tile);
    const rows = (put: (r: number) => string) => lines(tile.rows, put, "\n  ");
    const text = spec.last
      ? product(tile, {
          ...{ a: "patches", b: "filters", given, count: "p.groups", rows: "count", columns4: "co4", terms4: "terms4" },
          put: (c, column, row) => wgsl`let first${c} = 4u * (${column});
  ${loadShared(spec, `matrix * p.co + first${c}`, `${c}`)}
  ${rows((r) => `put(min(p.chunk * count + ${row(r)}, positions - 1u), matrix, first${c}, c${r}_${c}${passShared(spec, `${c}`)});`)}`,
        })
      : product(tile, {
          ...{ a: "filters", b: "patches", given, count: "p.groups", rows: "p.co", columns4: "count", terms4: "terms4" },
          put: (c, column, row) => wgsl`let position${c} = min(p.chunk * count + ${column}, positions - 1u);
  let image${c} = position${c} / (p.yd * p.yh * in_row);
  let inner${c} = position${c} % (p.yd * p.yh * in_row);
  let pixel${c} = inner${c} / in_row * p.yw + inner${c} % in_row * 4u;
  let last${c} = p.yw - 1u - inner${c} % in_row * 4u;
  ${rows((r) => `let channel${r} = matrix * p.co + ${row(r)}; put(image${c}, channel${r}, pixel${c}, last${c}, c${r}_${c}${sharedAt(spec, `channel${r}`)});`)}`,
        });
    return wgsl`${places(spec)}
${spec.last ? putPixels(spec) : putChannels(spec)}

${text}`;
  },
};

/**
 * The general path: what lies under every window is written out as a matrix, and multiplied by the filter as another.
 *
 *     filters: terms x channels ────────────────┐
 *     patches: positions x terms, a chunk of ───┴──► products: bias, activation        turn by turn, each into the same scratch
 *
 * A term is a channel under a tap. Channels first both matrices lie the other way round, and a position is four pixels of a row. Neither taps,
 * strides nor channels stand in the product's loop: it takes any kernel, and nothing is ragged but y.
 *
 * No fewer multiplications than others, and patches are written once and read co / 32 times: 3x3, 56x56, 64 to 64 channels are 231 MFLOP, and
 * 7.2 MB of patches beside 1.8 of x, w and y. Expected: quad's time and a tenth. Measured: 1.05 (nhwc) and 1.15 (nchw) on SwiftShader, 0.9 to
 * 1.1 and 1.5 on lavapipe. Against quad it won only where that was slow, and is no more: 7x7x3 in nhwc 0.55 on SwiftShader, now 1.7. In groups
 * it lost by 3 to 4, a group's matrices being narrow. It is the choice for kernels that tiles do not unroll: 31 taps in a row, 32 to 32
 * channels, 85 ms where naive takes 1260 (SwiftShader), 28 for 516 (lavapipe).
 */
export const im2col: Form<P, Spec, Tile> = {
  // The last is for who has little memory: with so few positions a turn most threads have none.
  tiles: [
    { rows: 16, columns: 4, quad: 1, kib: 4096 },
    { rows: 8, columns: 4, quad: 0, kib: 4096 },
    { rows: 8, columns: 4, quad: 0, kib: 16 },
  ],
  prefer: (_, { software, subgroups }) => im2col.tiles[software && subgroups ? 0 : 1],
  needs: ({ quad }) => ({ invocations: THREADS, subgroups: quad === 1 }),
  // Kernels wider than register tiles unroll.
  refuses(problem, caps, tile) {
    if (problem.spec.empty) return "there is nothing to multiply; naive writes bias and residual";
    const most = Math.max(...Object.values(scratch(problem, tile)).map(sizeOf));
    if (most > caps.maxBinding) return `its scratch needs a ${most}-byte binding; this device allows ${caps.maxBinding}`;
    return storeRefusal(problem, caps);
  },
  scratch,
  passes: [filters, patches, products],
};
