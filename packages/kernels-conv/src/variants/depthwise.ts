import { type Variant, wgsl } from "@tilewright/runtime";
import { finish, finishLanes } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { filterSteps } from "../text.ts";
import { begin, type Outputs, outputs, over, putAll, single, statements, threadsOf } from "../window.ts";

const THREADS = 64;
/** Statements a text may unroll into. */
const MOST = 256;

/** Groups are the filter's innermost dimension: of o and i only o is more than 1. */
const alongC = ({ filter }: Spec) => filter.replace("i", "") === "hwo";
const vecC = ({ last, vecC: fours }: Spec) => last && fours;

/** Four elements of y are a vec4: channels, or neighbours of a row. */
const fours = (spec: Spec) => vecC(spec) || spec.rowed !== undefined;

/**
 * Depthwise: a thread slides over 7 x 2 neighbouring outputs of four channels (nchw: over 2 x 2 fours of neighbours; of single ones where
 * rows are no multiple of 4), and loads each element of x under them once.
 *
 *     x ┌─────────┐  9 x 4 vec4 for 14 outputs of a 3x3 kernel:       y ┌───────┐
 *       │ ┌───┐ → │  36 + 9 loads for 126 multiply-adds of vec4         │7 x 2  │
 *       └─└───┘───┘                                                     └───────┘
 */
export const depthwise: Variant<P, Spec, Outputs> = {
  name: "depthwise",
  tiles: [
    { cols: 7, rows: 2 },
    { cols: 4, rows: 2 },
    { cols: 2, rows: 2 },
    { cols: 4, rows: 1 },
    { cols: 1, rows: 2 },
  ],
  prefer: ({ spec, params: { yh, yw } }) =>
    depthwise.tiles.find((tile) => {
      const { cols, rows } = single(spec, tile);
      return statements(spec, tile) <= MOST && rows <= yh && Math.ceil(yw / cols) * cols <= 1.25 * yw;
    }) ?? depthwise.tiles.at(-1),
  needs: () => ({ invocations: THREADS }),
  // Tiny outputs do not repay its compilation.
  when: ({ spec, params: { batch, groups, yd, yh, yw } }) => spec.depthwise && batch * groups * yd * yh * yw >= 1024,
  refuses({ spec }, { f16 }) {
    if (!spec.depthwise) return "its groups are not single channels";
    if (spec.empty) return "there is nothing to multiply; naive writes bias and residual";
    const [, kh, kw] = spec.kernel;
    if (4 * kh * kw > MOST) return `it unrolls kernels of at most ${MOST / 4} taps`;
    return spec.half && !f16 && !fours(spec)
      ? "without shader-f16 it stores f16 in fours only, of channels or of a row"
      : undefined;
  },
  lanes(spec) {
    const four = fours(spec);
    return { ...finishLanes({ ...spec, vecY: four }), x: four ? 4 : 1, w: vecC(spec) && alongC(spec) ? 4 : 1 };
  },
  workgroups: ({ params, spec }, tile) =>
    Math.ceil(threadsOf(params, single(spec, tile), params.groups / (vecC(spec) ? 4 : 1)) / THREADS),
  wgsl(spec, tile) {
    const channels = vecC(spec);
    const four = fours(spec);
    const E = channels ? "vec4f" : "f32";
    const [, kh, kw] = spec.kernel;
    const { group, tap } = filterSteps(spec);
    const weight = (at: string) => {
      if (!channels) return `load_w(${at} + unit * ${group})`;
      if (alongC(spec)) return `load_w(((${at}) >> 2u) + unit)`;
      return `vec4f(${[0, 1, 2, 3].map((j) => `load_w(${at} + (4u * unit + ${j}u) * ${group})`).join(", ")})`;
    };
    const weights = Array.from({ length: kh * kw }, (_, i) => `let w${i} = ${weight(`(kd * ${kh * kw}u + ${i}u) * ${tap}`)};`);
    const value = (r: number, c: number) =>
      spec.rowed === undefined ? `s${r}_${c}` : `vec4f(${[0, 1, 2, 3].map((j) => `s${r}_${4 * c + j}`).join(", ")})`;
    const each = single(spec, tile);
    return wgsl`
${finish({ ...spec, vecY: four }, four ? 4 : 1)}
${begin(spec, each, `p.groups${channels ? " / 4u" : ""}`, THREADS)}
  ${spec.last ? "" : "let unit = box % units;"}
  ${outputs(each, (r, c) => `var s${r}_${c} = ${E}();`)}
  ${over(
    { ...spec, E, beyond: `${E}()` },
    tile,
    ({ value, row, col, kh: j, kw: k }) => `s${row}_${col} = fma(${value}, w${j * kw + k}, s${row}_${col});`,
    weights.join("\n    "),
  )}
  let channel = ${channels ? "4u * unit" : "unit"};
  ${spec.bias === undefined ? "" : "let bias_here = bias_at(channel);"}
  ${putAll(spec, tile, ["s"], (r, c, at) => `{ let at = ${at}; store_y(at, finish(${value(r, c)}, ${four ? "4u * at" : "at"}, channel${spec.bias === undefined ? "" : ", bias_here"})); }`)}
}
`;
  },
};
