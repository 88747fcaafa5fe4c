import { type Variant, wgsl } from "@tilewright/runtime";
import { begin, type Outputs, output, outputs, over, statements, threadsOf } from "../window.ts";
import type { P, Spec } from "./pool.ts";
import { better, beyond, counted, indexOf, sum, types } from "./text.ts";

const THREADS = 64;
/** Statements a text may unroll into. */
const MOST = 128;

const four = ({ last, vecC }: Spec) => last && vecC;

/**
 * A thread slides over a few neighbouring outputs of four channels (nchw: of one), and loads each element of x under them once.
 * For windows that do not overlap one output is as good as any: 4 vec4 for one of a 2x2 maximum, nothing is read twice.
 */
export const window: Variant<P, Spec, Outputs> = {
  name: "window",
  tiles: [
    { cols: 1, rows: 1 },
    { cols: 4, rows: 1 },
    { cols: 2, rows: 2 },
  ],
  // Overlapping windows share what they load.
  prefer: ({ spec, params: { yw } }) =>
    spec.strides[2] < spec.kernel[2] && yw >= 4 && statements(spec, window.tiles[1]!) <= MOST ? window.tiles[1] : undefined,
  needs: () => ({ invocations: THREADS }),
  // Tiny outputs do not repay its compilation.
  when: ({ params: { batch, channels, yd, yh, yw } }) => batch * channels * yd * yh * yw >= 1024,
  refuses: ({ spec }, { f16 }) => {
    if (statements(spec, window.tiles[1]!) > MOST) return `it unrolls windows of at most ${MOST / 4} elements of a plane`;
    const words = spec.dtype.endsWith("8") || (spec.dtype === "f16" && !f16);
    return words && !four(spec) ? `it stores ${spec.dtype} in fours of channels only` : undefined;
  },
  lanes: (spec): { x: 1 | 4; y: 1 | 4 } => (four(spec) ? { x: 4, y: 4 } : { x: 1, y: 1 }),
  workgroups: ({ params, spec }, tile) => Math.ceil(threadsOf(params, tile, params.channels / (four(spec) ? 4 : 1)) / THREADS),
  wgsl(spec, tile) {
    const { kind, indices } = spec;
    const lanes = four(spec) ? 4 : 1;
    const { T, U } = types(spec, lanes);
    const { term, functions } = kind === "max" ? { term: (x: string) => x, functions: better(spec, lanes) } : sum(spec, lanes);
    const units = lanes === 4 ? "p.channels / 4u" : "p.channels";
    const unit = lanes === 4 ? "(4u * unit + vec4u(0u, 1u, 2u, 3u))" : "unit";
    const take = (to: string, x: string, at: string) => {
      if (kind !== "max") return `s${to} += ${term(x)};`;
      if (!indices) return `s${to} = select(s${to}, ${x}, better(${x}, s${to}));`;
      // The first that exists is taken, whatever it is.
      const exists = spec.padded ? `${lanes === 4 ? "vec4<bool>" : "bool"}(iny && at.z < p.xw)` : "";
      const taken = `(better(${x}, s${to}) | (i${to} == ${U}(0xffffffffu)))${exists && ` & ${exists}`}`;
      const index = `${U}(${indexOf(spec, "at", unit, "p.channels")})`;
      return `{ let at = ${at}; let t = ${taken}; s${to} = select(s${to}, ${x}, t); i${to} = select(i${to}, ${index}, t); }`;
    };
    return wgsl`
${functions}
${kind === "max" ? "" : counted(spec)}
${begin(spec, tile, units, THREADS)}
  ${outputs(tile, (r, c) => `var s${r}_${c} = ${beyond(spec, lanes)};${indices ? ` var i${r}_${c} = ${U}(0xffffffffu);` : ""}`)}
  ${over({ ...spec, E: T, beyond: beyond(spec, lanes) }, tile, ({ value, at, row, col }) => take(`${row}_${col}`, value, at))}
  ${outputs(tile, (r, c) => {
    const { at, exists } = output(spec, r, c);
    const value =
      kind === "max"
        ? `s${r}_${c}`
        : `made(s${r}_${c}, counted(start + vec3u(0u, ${r * spec.strides[1]}u, ${c * spec.strides[2]}u)))`;
    // A window wholly in the padding has none: 0.
    const index = `let index = select(i${r}_${c}, ${U}(), i${r}_${c} == ${U}(0xffffffffu));`;
    const put =
      lanes === 4
        ? `${index} ${[0, 1, 2, 3].map((j) => `store_indices(4u * at + ${j}u, index[${j}]);`).join(" ")}`
        : `${index} store_indices(at, index);`;
    return `if (${exists}) { let at = ${at}; store_y(at, ${value}); ${indices ? put : ""} }`;
  })}
}
`;
  },
};
