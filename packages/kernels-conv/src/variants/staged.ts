import { CAP, type Caps, type Form, type Lanes, turns, wgsl } from "@tilewright/runtime";
import { putChannels } from "../channels-first.ts";
import { putPixels } from "../channels-last.ts";
import { finishLanes, loadShared, passShared } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { alongI, alongO, channelStep, filterSteps, lessZero, places, zeroAt } from "../text.ts";
import { tilesOf } from "../tile.ts";
import { storeRefusal } from "../tiling.ts";

interface Staged {
  /** Of a workgroup's tile of y. */
  readonly rows: number;
  readonly columns: number;
  /** Rows of a thread; it has four columns. */
  readonly each: number;
  readonly [name: string]: number;
}

/** Terms of the sum that a turn stages. */
const DEPTH = 16;
const shapeOf = ({ rows, columns, each }: Staged) => [columns / 4, rows / each] as const;
const threadsOf = (tile: Staged) => (tile.columns / 4) * (tile.rows / tile.each);

/**
 * Implicit GEMM by tiles in workgroup memory: the sum runs over taps and input channels as one, 16 terms a turn.
 *
 *                     terms x columns        rows and columns as in quad: pixels and channels (nhwc), channels and pixels (nchw)
 *                     ┌───────────┐          one turn: every thread loads its share of both tiles, finding the tap and the channel of each
 *     rows x terms:   │   ░░      │          term; barrier; every thread multiplies its 8 x 4; barrier
 *     ┌──┐            └───────────┘
 *     │▒▒│            rows x columns of y
 *     └──┘
 *
 * A turn costs a thread of the 64 x 64 tile 4 loads of four from storage and 48 from workgroup memory for 512 multiply-adds. Neither
 * channels nor taps need be many or multiples of anything, since they are one sum. First choice on GPUs; it has been proved, and never timed
 * on one. On CPU adapters its barriers make it slow.
 */
export const staged: Form<P, Spec, Staged> = {
  tiles: [
    { rows: 64, columns: 64, each: 8 },
    { rows: 32, columns: 32, each: 4 },
  ],
  // Few large tiles leave most of a GPU idle. Reckoned, not measured.
  prefer: (problem) => staged.tiles[stagedTiles(problem, staged.tiles[0]!) < 64 ? 1 : 0],
  needs: (tile) => ({ invocations: threadsOf(tile), workgroupBytes: 4 * DEPTH * (tile.rows + tile.columns) }),
  refuses: ({ spec, params }, caps) =>
    spec.empty ? "there is nothing to multiply; naive writes bias and residual" : storeRefusal({ spec, params }, caps),
  lanes: (spec): Lanes => ({ ...finishLanes(spec), x: spec.vecX ? 4 : 1, w: vecTerms(spec) || vecColumns(spec) ? 4 : 1 }),
  workgroups: stagedTiles,
  wgsl: text,
};

function stagedTiles(problem: Parameters<typeof tilesOf>[0], tile: Staged): number {
  return tilesOf(problem, { rows: tile.each, cols4: 1 }, shapeOf(tile));
}

/** Four terms of a filter are a vec4: where filters are rows. */
const vecTerms = (spec: Spec): boolean => !spec.last && spec.vecW && alongI(spec);
/** Four filters are: where they are columns. */
const vecColumns = (spec: Spec): boolean => spec.last && spec.vecW && alongO(spec);

const four = (value: (j: number) => string): string => `vec4f(${[0, 1, 2, 3].map(value).join(", ")})`;

function text(spec: Spec, tile: Staged, caps: Caps): string {
  const { rows, columns, each } = tile;
  const [across, down] = shapeOf(tile);
  const threads = threadsOf(tile);
  const sums = Array.from({ length: each }, (_, r) => r);
  const loop = (i: string, count: number) => turns(i, count, caps, "p.batch");
  const { open, store } = spec.last ? pixelRows(spec) : channelRows(spec);
  return wgsl`
const ROWS = ${rows}u;
const COLUMNS = ${columns}u;
var<workgroup> tile_a: array<vec4f, ${(rows * DEPTH) / 4}>; // of each row four fours of terms
var<workgroup> tile_b: array<vec4f, ${(columns * DEPTH) / 4}>; // of each term the fours of columns
${places(spec)}
${spec.last ? putPixels(spec) : putChannels(spec)}
${offsets(spec)}
${spec.last ? lastLoads(spec) : firstLoads(spec)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = wid.y * groups.x + wid.x;
  let x = thread % ${across}u;
  let y = thread / ${across}u;
  ${open}
  let terms = p.ci * ${taps(spec)}u;
  ${sums.map((r) => `var c${r} = vec4f();`).join(" ")}
  for (var term = 0u; term < ${CAP}; term += ${DEPTH}u) {
    if (term >= terms) { break; }
    ${loop("i", (rows * DEPTH) / 4 / threads)}
      let slot = i * ${threads}u + thread;
      tile_a[slot] = row_terms(image, group, row0 + slot / ${DEPTH / 4}u, term + slot % ${DEPTH / 4}u * 4u, terms);
    }
    ${loop("i", (columns * DEPTH) / 4 / threads)}
      let slot = i * ${threads}u + thread;
      tile_b[slot] = column_four(image, group, col0 + slot % ${columns / 4}u * 4u, term + slot / ${columns / 4}u, terms);
    }
    workgroupBarrier();
    ${loop("k", DEPTH / 4)}
      let b = mat4x4f(${[0, 1, 2, 3].map((u) => `tile_b[(4u * k + ${u}u) * ${columns / 4}u + x]`).join(", ")});
      ${sums.map((r) => `c${r} += b * tile_a[(y + ${r * down}u) * ${DEPTH / 4}u + k];`).join("\n      ")}
    }
    workgroupBarrier();
  }
  ${store(sums, down)}
}
`;
}

const taps = ({ kernel }: Spec): number => kernel[0] * kernel[1] * kernel[2];

/** `offset_of(tap)`: from a window's corner. */
const offsets = ({ kernel: [, h, w], dilations: [dd, dh, dw] }: Spec) => wgsl`fn offset_of(tap: u32) -> vec3u {
  return vec3u(tap / ${h * w}u * ${dd}u, tap / ${w}u % ${h}u * ${dh}u, tap % ${w}u * ${dw}u);
}`;

/** `row_terms(image, group, row, term, terms)`: four terms of a row; `column_four(image, group, col, term, terms)`: a term of four columns. */
const HEAD = {
  row: "fn row_terms(image: u32, group: u32, row: u32, term: u32, terms: u32) -> vec4f {",
  column: "fn column_four(image: u32, group: u32, col: u32, term: u32, terms: u32) -> vec4f {",
};

/** Channels last: x gives rows, the filter columns. What lies behind the last term is zero in both. */
function lastLoads(spec: Spec): string {
  const step = filterSteps(spec);
  const x = (value: string) => (spec.vecX ? `load_x((${value}) >> 2u)` : `load_x(${value})`);
  const zero = spec.vecX ? "vec4f()" : "0.0";
  return wgsl`fn term_of_x(image: u32, group: u32, start: vec3u, term: u32, terms: u32) -> ${spec.vecX ? "vec4f" : "f32"} {
  let at = under(start, offset_of(term / p.ci));
  let here = term < terms${spec.padded ? " && inside(at)" : ""};
  return select(${zero}, ${x("select(0u, x_at(image, group, at) + term % p.ci, here)")}, here);
}
${HEAD.row}
  let pixels = p.yd * p.yh * p.yw;
  let pixel = min(row, p.batch * pixels - 1u);
  let start = corner(pixel % pixels);
  let mine = pixel / pixels;
  return ${spec.vecX ? "term_of_x(mine, group, start, term, terms)" : four((j) => `term_of_x(mine, group, start, term + ${j}u, terms)`)};
}
${HEAD.column}
  if (term >= terms) { return vec4f(); }
  let first = group * ${step.group} + term / p.ci * ${step.tap} + term % p.ci * ${step.i};
  let w = ${vecColumns(spec) ? "vec4f(load_w((first + min(col, p.co - 4u)) >> 2u))" : four((j) => `f32(load_w(first + min(col + ${j}u, p.co - 1u) * ${step.o}))`)};
  return w${lessZero(
    spec,
    four((j) => zeroAt(spec, `group * p.co + min(col + ${j}u, p.co - 1u)`)),
  )};
}`;
}

/** Channels first: the filter gives rows, x columns. */
function firstLoads(spec: Spec): string {
  const step = filterSteps(spec);
  const plane = channelStep(spec);
  const stride = spec.transposed ? -1 : spec.strides[2];
  const masked = spec.padded || !spec.vecY;
  const place = (j: number) => `under(start, offset + vec3u(0u, 0u, ${(j * stride) >>> 0}u))`;
  const at = (here: string) => `x_at(image, group, ${here}) + channel * ${plane}`;
  const T = vecTerms(spec) ? "vec4f" : "f32";
  const zero = spec.zeros === undefined ? "" : "zero, ";
  return wgsl`fn term_of_w(first: u32, ${spec.zeros === undefined ? "" : "zero: f32, "}term: u32, terms: u32) -> ${T} {
  let at = select(0u, first + term / p.ci * ${step.tap} + term % p.ci * ${step.i}, term < terms);
  return select(${T}(), ${T}(load_w(at${vecTerms(spec) ? " >> 2u" : ""}))${lessZero(spec, "zero")}, term < terms);
}
${HEAD.row}
  let first = group * ${step.group} + min(row, p.co - 1u) * ${step.o};
  ${zero && `let zero = ${zeroAt(spec, "group * p.co + min(row, p.co - 1u)")};`}
  return ${vecTerms(spec) ? `term_of_w(first, ${zero}term, terms)` : four((j) => `term_of_w(first, ${zero}term + ${j}u, terms)`)};
}
${
  spec.vecX
    ? ""
    : wgsl`fn element_of_x(at: vec3u, image: u32, group: u32, channel: u32) -> f32 {
  ${masked ? `let here = inside(at);\n  return select(0.0, load_x(select(0u, ${at("at")}, here)), here);` : `return load_x(${at("at")});`}
}`
}
${HEAD.column}
  if (term >= terms) { return vec4f(); }
  let in_row = (p.yw + 3u) / 4u;
  let here = min(col / 4u, p.yd * p.yh * in_row - 1u);
  let start = corner(here / in_row * p.yw + here % in_row * 4u);
  let offset = offset_of(term / p.ci);
  let channel = term % p.ci;
  ${
    spec.vecX
      ? `let at = ${place(0)};
  ${spec.padded ? "let known = inside(at);" : "let known = true;"}
  return select(vec4f(), load_x(select(0u, ${at("at")}, known) >> 2u), known);`
      : `return ${four((j) => `element_of_x(${place(j)}, image, group, channel)`)};`
  }
}`;
}

interface Ends {
  /** Which tile it is: group, image, row0 and col0. */
  readonly open: string;
  store(sums: readonly number[], down: number): string;
}

const pixelRows = (spec: Spec): Ends => ({
  open: wgsl`let pixels = p.yd * p.yh * p.yw;
  let across = (p.co + COLUMNS - 1u) / COLUMNS;
  let down = (p.batch * pixels + ROWS - 1u) / ROWS;
  let group = index / (across * down);
  if (group >= p.groups) { return; }
  let image = 0u; // of each row, its own
  let row0 = index / across % down * ROWS;
  let col0 = index % across * COLUMNS;`,
  store: (sums, down) => wgsl`let col = col0 + 4u * x;
  if (col >= p.co) { return; }
  ${loadShared(spec, "group * p.co + col", "_here")}
  ${sums.map((r) => `if (row0 + y + ${r * down}u < p.batch * pixels) { put(row0 + y + ${r * down}u, group, col, c${r}${passShared(spec, "_here")}); }`).join("\n  ")}`,
});

const channelRows = (spec: Spec): Ends => ({
  open: wgsl`let in_row = (p.yw + 3u) / 4u;
  let count = p.yd * p.yh * in_row;
  let across = (4u * count + COLUMNS - 1u) / COLUMNS;
  let down = (p.co + ROWS - 1u) / ROWS;
  let rest = index / (across * down);
  let group = rest % p.groups;
  let image = rest / p.groups;
  if (image >= p.batch) { return; }
  let row0 = index / across % down * ROWS;
  let col0 = index % across * COLUMNS;`,
  store: (sums, down) => wgsl`let here = col0 / 4u + x;
  if (here >= count) { return; }
  let pixel = here / in_row * p.yw + here % in_row * 4u;
  let last = p.yw - 1u - here % in_row * 4u;
  ${sums
    .map(
      (r) =>
        `if (row0 + y + ${r * down}u < p.co) { let channel = group * p.co + row0 + y + ${r * down}u;${loadShared(spec, "channel", "_here")} put(image, channel, pixel, last, c${r}${passShared(spec, "_here")}); }`,
    )
    .join("\n  ")}`,
});
