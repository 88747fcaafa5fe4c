import { type Variant, wgsl } from "@tilewright/runtime";
import { finish, finishLanes } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { filterSteps } from "../text.ts";
import { begin, type Outputs, output, outputs, over, statements, threadsOf } from "../window.ts";

const THREADS = 64;
/** Statements a text may unroll into. */
const MOST = 256;

/** Groups are the filter's innermost dimension: of o and i only o is more than 1. */
const alongC = ({ filter }: Spec) => filter.replace("i", "") === "hwo";
const vecC = ({ last, vecC: fours }: Spec) => last && fours;

/**
 * Depthwise: a thread slides over 7 x 2 neighbouring outputs of four channels (nchw: of one), and loads each element of x under them once.
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
    { cols: 4, rows: 1 },
  ],
  prefer: ({ spec, params: { yh, yw } }) =>
    depthwise.tiles.find(
      ({ cols, rows }) => statements(spec, { cols, rows }) <= MOST && rows <= yh && Math.ceil(yw / cols) * cols <= 1.25 * yw,
    ) ?? depthwise.tiles[2],
  needs: () => ({ invocations: THREADS }),
  // Tiny outputs do not repay its compilation.
  when: ({ spec, params: { batch, groups, yd, yh, yw } }) => spec.depthwise && batch * groups * yd * yh * yw >= 1024,
  refuses({ spec }, { f16 }) {
    if (!spec.depthwise) return "its groups are not single channels";
    if (spec.empty) return "there is nothing to multiply; naive writes bias and residual";
    if (statements(spec, depthwise.tiles[2]!) > MOST) return `it unrolls kernels of at most ${MOST / 4} taps`;
    return spec.half && !f16 && !vecC(spec) ? "without shader-f16 it stores f16 in fours of channels only" : undefined;
  },
  lanes(spec) {
    const four = vecC(spec);
    return { ...finishLanes({ ...spec, vecY: four }), x: four ? 4 : 1, w: four && alongC(spec) ? 4 : 1 };
  },
  workgroups: ({ params, spec }, tile) => Math.ceil(threadsOf(params, tile, params.groups / (vecC(spec) ? 4 : 1)) / THREADS),
  wgsl(spec, tile) {
    const four = vecC(spec);
    const E = four ? "vec4f" : "f32";
    const [, kh, kw] = spec.kernel;
    const { group, tap } = filterSteps(spec);
    const weight = (at: string) => {
      if (!four) return `load_w(${at} + unit * ${group})`;
      if (alongC(spec)) return `load_w(((${at}) >> 2u) + unit)`;
      return `vec4f(${[0, 1, 2, 3].map((j) => `load_w(${at} + (4u * unit + ${j}u) * ${group})`).join(", ")})`;
    };
    const weights = Array.from({ length: kh * kw }, (_, i) => `let w${i} = ${weight(`(kd * ${kh * kw}u + ${i}u) * ${tap}`)};`);
    return wgsl`
${finish({ ...spec, vecY: four }, four ? 4 : 1)}
${begin(spec, tile, `p.groups${four ? " / 4u" : ""}`, THREADS)}
  ${outputs(tile, (r, c) => `var s${r}_${c} = ${E}();`)}
  ${over(
    { ...spec, E, beyond: `${E}()` },
    tile,
    ({ value, row, col, kh: j, kw: k }) => `s${row}_${col} = fma(${value}, w${j * kw + k}, s${row}_${col});`,
    weights.join("\n    "),
  )}
  ${outputs(tile, (r, c) => {
    const { at, exists } = output(spec, r, c);
    return `if (${exists}) { let at = ${at}; store_y(at, finish(s${r}_${c}, ${four ? "4u * at, 4u * unit" : "at, unit"})); }`;
  })}
}
`;
  },
};
