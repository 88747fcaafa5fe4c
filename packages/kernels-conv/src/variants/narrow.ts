import { lines } from "@tilewright/kernels-matmul/text";
import { CAP, type Form, type Lanes, type Problem, wgsl } from "@tilewright/runtime";
import { putPixels } from "../channels-last.ts";
import { finishLanes, loadShared, passShared } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { alongI, filterSteps, overTaps, places } from "../text.ts";
import { vecFilter } from "../tile.ts";
import { storeRefusal } from "../tiling.ts";

/** A thread's neighbours of a row of y, and channels of each; with `quad` 1 the lanes of a quad share the filter. */
type Tile = { readonly pixels: number; readonly columns: number; readonly quad: 0 | 1 };

const THREADS = 32;
/** Matrices times vectors that a turn may unroll into. */
const MOST = 56;

const products = ({ kernel }: Pick<Spec, "kernel">, { pixels, columns }: Tile) => (pixels * kernel[2] * columns) / 4;
const runs = ({ batch, yd, yh, yw }: Problem<P, Spec>["params"], { pixels }: Tile) => batch * yd * yh * Math.ceil(yw / pixels);

/**
 * Channels last, few of y in a group: a thread makes neighbours of a row of y. What lies under a row of taps is loaded once for all of them, and all
 * threads of a workgroup stand on the same channels, so that the lanes of a quad share the filter.
 *
 *     x  ┌─┬─┬─┬─┬─┐ 8 + 2 vec4 of channels      y  ┌─┬─┬─┬─┬─┐ 8 pixels, four or eight channels each
 *        └─┴─┴─┴─┴─┘ for 3 taps                     └─┴─┴─┴─┴─┘
 *
 * Multiply-adds for a component loaded, 3x3 and 4 to 4 channels: 384 for 40 of x and 12 of the filter, 7.4 where a column of pixels in direct
 * has 2.7, and finds a window for every tap and pixel; with 8 channels of y 12. Measured, of the time of what was chosen before, on SwiftShader
 * and lavapipe: 32 groups of 4 to 4 0.5 and 0.4, of 8 to 8 0.4 and 0.45, 16 of 16 to 16 0.5 and 0.55, one of 64 to 16 0.4 and 0.7. With 32 and
 * more channels it is as fast as quad at best on lavapipe, and on SwiftShader takes 0.8 to 1.05.
 */
export const narrow: Form<P, Spec, Tile> = {
  tiles: [
    { pixels: 8, columns: 8, quad: 1 },
    { pixels: 8, columns: 4, quad: 1 },
    { pixels: 4, columns: 4, quad: 1 },
    { pixels: 8, columns: 4, quad: 0 },
    { pixels: 4, columns: 4, quad: 0 },
  ],
  prefer({ spec, params }, { software, subgroups }) {
    const quad = software && subgroups ? 1 : 0;
    const fit = narrow.tiles.filter((tile) => tile.quad === quad && products(spec, tile) <= MOST);
    const wide = fit.filter(({ pixels, columns }) => (pixels <= 4 || params.yw > 4) && (columns <= 4 || params.co > 4));
    return wide[0] ?? fit[0];
  },
  needs: ({ quad }) => ({ invocations: THREADS, subgroups: quad === 1 }),
  refuses(problem, caps, tile) {
    const { spec } = problem;
    if (spec.empty) return "there is nothing to multiply; naive writes bias and residual";
    if (!spec.last || spec.transposed) return "it is for channels last, and not for transposes";
    if (products(spec, tile) > MOST) return `it unrolls ${MOST} products at most; this kernel is ${spec.kernel[2]} wide`;
    return storeRefusal(problem, caps);
  },
  lanes: (spec): Lanes => ({ ...finishLanes(spec), x: spec.vecX ? 4 : 1, w: vecFilter(spec) ? 4 : 1 }),
  workgroups({ params }, tile) {
    return params.groups * Math.ceil(params.co / tile.columns) * Math.ceil(runs(params, tile) / THREADS);
  },
  wgsl: text,
};

function text(spec: Spec, { pixels, columns, quad }: Tile): string {
  const { kernel, strides, dilations, padded, vecX, tail } = spec;
  const [kd, kh, kw] = kernel;
  const cols4 = columns / 4;
  const step = filterSteps(spec);
  const transB = alongI(spec);
  const vecW = vecFilter(spec);
  // Where taps of neighbours fall, each place once.
  const under = (j: number, tap: number) => j * strides[2] + tap * dilations[2];
  const spots = [...new Set(Array.from({ length: pixels * kw }, (_, i) => under(Math.floor(i / kw), i % kw)))].sort(
    (a, b) => a - b,
  );
  const spot = (j: number, tap: number) => spots.indexOf(under(j, tap));
  const each = (f: (e: number) => string, by = " ") => lines(spots.length, f, by);
  const x = (e: number, value: string, zero: string) => (padded ? `select(${zero}, ${value}, in${e})` : value);
  const fourOf = (e: number) =>
    vecX
      ? x(e, `load_x(xs${e} + k)`, "vec4f()")
      : x(e, `vec4f(${lines(4, (j) => `load_x(xs${e} + 4u * k + ${j}u)`, ", ")})`, "vec4f()");
  const sums = (f: (j: number, c: number) => string, by = "\n    ") =>
    lines(pixels, (j) => lines(cols4, (c) => f(j, c), " "), by);

  // The filter at a tap and four input channels is a 4x4 matrix; row `q` of it is four channels of y at one of x, or the other way round.
  const place = (t: number) => `wb + ${t}u * ${step.tap}`;
  const row = (t: number, c: number, q: string): string => {
    const channel = (j: string) => `min(col + ${4 * c}u + ${j}, p.co - 1u) * ${step.o}`;
    if (transB) {
      const at = `${place(t)} + ${channel(q)}`;
      return vecW ? `load_w(((${at}) >> 2u) + k)` : `vec4f(${lines(4, (j) => `load_w(${at} + 4u * k + ${j}u)`, ", ")})`;
    }
    return weights(t, c, `(4u * k + ${q})`);
  };
  const weights = (t: number, c: number, k: string): string => {
    const at = `${place(t)} + ${k} * ${step.i}`;
    return vecW && !transB
      ? `load_w((${at} + min(col + ${4 * c}u, p.co - 4u)) >> 2u)`
      : `vec4f(${lines(4, (j) => `load_w(${at} + min(col + ${4 * c + j}u, p.co - 1u) * ${step.o})`, ", ")})`;
  };
  const matrix = (t: number, c: number) =>
    `${transB ? "transpose(" : ""}mat4x4f(${lines(4, (q) => (quad ? `quadBroadcast(w${t}_${c}, ${q}u)` : row(t, c, `${q}u`)), ", ")})${transB ? ")" : ""}`;

  return wgsl`
const PIXELS = ${pixels}u;
const COLUMNS = ${columns}u;
${places(spec)}
${putPixels(spec)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32${quad ? ", @builtin(subgroup_invocation_id) invocation: u32" : ""}) {
  let index = wid.y * groups.x + wid.x;
  let in_row = (p.yw + PIXELS - 1u) / PIXELS;
  let count = p.batch * p.yd * p.yh * in_row;
  let down = (count + ${THREADS - 1}u) / ${THREADS}u;
  let across = (p.co + COLUMNS - 1u) / COLUMNS;
  let group = index / (down * across);
  if (group >= p.groups) { return; }
  let col = index / down % across * COLUMNS;
  let mine = index % down * ${THREADS}u + thread;
  ${quad ? "let lane = invocation & 3u;" : ""}
  // Threads past the last run do it again, and store nothing.
  let here = min(mine, count - 1u);
  let line = here / in_row;
  let v = (here - line * in_row) * PIXELS;
  let image = line / (p.yd * p.yh);
  let start = corner((line - image * p.yd * p.yh) * p.yw + v);
  ${sums((j, c) => `var s${j}_${c} = vec4f();`)}
  let blocks = p.ci / 4u;
  ${overTaps(
    { kernel: [kd, kh, 1], dilations },
    wgsl`  let at = under(start, offset);
  ${padded ? "let known = at.x < p.xd && at.y < p.xh;" : ""}
  let row = x_at(image, group, vec3u(${padded ? "select(vec2u(), at.xy, known)" : "at.xy"}, 0u));
  ${each((e) => {
    const z = `at.z + ${spots[e]}u`;
    return padded
      ? `let in${e} = known && ${z} < p.xw; let xs${e} = (row + select(0u, ${z}, in${e}) * p.groups * p.ci)${vecX ? " >> 2u" : ""};`
      : `let xs${e} = (row + min(${z}, p.xw - 1u) * p.groups * p.ci)${vecX ? " >> 2u" : ""};`;
  }, "\n  ")}
  let wb = group * ${step.group} + tap * ${kw}u * ${step.tap};
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= blocks) { break; }
    ${quad ? lines(kw, (t) => lines(cols4, (c) => `let w${t}_${c} = ${row(t, c, "lane")};`, " "), "\n    ") : ""}
    ${each((e) => `let e${e} = ${fourOf(e)};`)}
    ${lines(
      kw,
      (t) => wgsl`${lines(cols4, (c) => `let b${t}_${c} = ${matrix(t, c)};`, " ")}
    ${sums((j, c) => `s${j}_${c} += b${t}_${c} * e${spot(j, t)};`)}`,
      "\n    ",
    )}
  }
  ${
    tail
      ? wgsl`for (var kk = p.ci & 0xfffffffcu; kk < ${CAP}; kk++) {
    if (kk >= p.ci) { break; }
    ${each((e) => `let e${e} = ${x(e, `load_x(xs${e} + kk)`, "0.0")};`)}
    ${lines(
      kw,
      (t) => wgsl`${lines(cols4, (c) => `let b${t}_${c} = ${weights(t, c, "kk")};`, " ")}
    ${sums((j, c) => `s${j}_${c} = fma(b${t}_${c}, vec4f(e${spot(j, t)}), s${j}_${c});`)}`,
      "\n    ",
    )}
  }`
      : ""
  }`,
  )}
  if (mine >= count) { return; }
  // What lies past the row's last pixel is that again, stored over it: CPU drivers compile branches slowly.
  let first = line * p.yw + v;
  let last = p.yw - 1u - v;
  ${lines(pixels - 1, (i) => `let has_v${i + 1} = ${i + 1}u <= last; ${lines(cols4, (c) => `s${i + 1}_${c} = select(s${i}_${c}, s${i + 1}_${c}, has_v${i + 1});`, " ")}`, "\n  ")}
  ${lines(
    cols4,
    (c) => wgsl`if (col + ${4 * c}u < p.co) {
  ${loadShared(spec, `group * p.co + col + ${4 * c}u`, `${c}`)}
  ${lines(pixels, (j) => `put(first + min(${j}u, last), group, col + ${4 * c}u, s${j}_${c}${passShared(spec, `${c}`)});`, "\n  ")}
  }`,
    "\n  ",
  )}
}
`;
}
