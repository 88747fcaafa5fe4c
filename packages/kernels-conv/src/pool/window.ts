import { type Form, wgsl } from "@tilewright/runtime";
import { begin, type Outputs, outputs, over, putAll, single, statements, threadsOf } from "../window.ts";
import type { P, Spec } from "./pool.ts";
import { better, beyond, counted, indexOf, integer, sum, types } from "./text.ts";

const THREADS = 64;
/** Statements a text may unroll into. */
const MOST = 128;

const vecC = ({ last, vecC }: Spec) => last && vecC;
/** Four elements of y are a vec4: channels, or neighbours of a row. */
const fours = (spec: Spec) => vecC(spec) || spec.rowed !== undefined;

/**
 * A thread slides over a few neighbouring outputs of four channels (nchw: over a row of them), and loads each element of x under them once.
 * For windows that do not overlap several outputs only share out what finding them costs: a 2x2 maximum is 4 vec4 for one of them.
 *
 * What NaN costs: a 2x2 maximum of 112x112x64 on lavapipe takes 1.0 to 1.7 ms (least, median on a busy machine; 0.74 on a quiet one); without NaN's
 * bits 0.9 to 1.6, so that the rest is loads and stores. Lost: 4 x 1 and 2 x 2 outputs a thread (0.84 and 0.88 where one takes 0.71), 128 or 256
 * threads (nothing), lines from the workgroup's id instead of divisions (at most a twelfth).
 */
export const window: Form<P, Spec, Outputs> = {
  tiles: [
    { cols: 1, rows: 1 },
    { cols: 4, rows: 1 },
    { cols: 2, rows: 2 },
  ],
  // Overlapping windows share what they load, and single outputs what finding them costs; fours of a row do anyway.
  prefer: ({ spec, params: { yh, yw } }) =>
    spec.rowed === undefined &&
    (spec.strides[2] < spec.kernel[2] || !fours(spec)) &&
    Math.min(yh, yw) >= 2 &&
    statements(spec, window.tiles[2]!) <= MOST
      ? window.tiles[2]
      : undefined,
  needs: () => ({ invocations: THREADS }),
  refuses: ({ spec }, { f16 }) => {
    const [, kh, kw] = spec.kernel;
    if (4 * kh * kw > MOST) return `it unrolls windows of at most ${MOST / 4} elements of a plane`;
    const words = spec.dtype.endsWith("8") || (spec.dtype === "f16" && !f16);
    return words && !fours(spec) ? `it stores ${spec.dtype} in fours only, of channels or of a row` : undefined;
  },
  lanes: (spec): { x: 1 | 4; y: 1 | 4; indices: 1 | 4 } =>
    fours(spec) ? { x: 4, y: 4, indices: 4 } : { x: 1, y: 1, indices: 1 },
  workgroups: ({ params, spec }, tile) =>
    Math.ceil(threadsOf(params, single(spec, tile), params.channels / (vecC(spec) ? 4 : 1)) / THREADS),
  wgsl(spec, tile) {
    const { kind, indices, rowed } = spec;
    const lanes = vecC(spec) ? 4 : 1;
    const { T, U } = types(spec, lanes);
    const stored = fours(spec) ? 4 : 1;
    const { term, functions } =
      kind === "max" ? { term: (x: string) => x, functions: indices ? better(spec, lanes) : "" } : sum(spec, stored, lanes);
    const units = lanes === 4 ? "p.channels / 4u" : "p.channels";
    const unit = lanes === 4 ? "(4u * unit + vec4u(0u, 1u, 2u, 3u))" : "unit";
    const none = `${U}(0xffffffffu)`;
    // A maximum, and beside it: where it is; or the greatest of all bits without the sign, which tell of NaN (signed: SwiftShader has no
    // instruction for the greater of two unsigned).
    const I = U.replace("u", "i");
    const nan = kind === "max" && !indices && !integer(spec);
    const beside = kind !== "max" ? [] : indices ? [["i", none]] : nan ? [["m", `${I}()`]] : [];
    // The first element of a maximum is taken as it is: a tenth less to do in a 2x2 window. Not in a loop over the depth.
    const begun = new Set<string>();
    const plain = kind === "max" && !indices && spec.kernel[0] === 1;
    const take = (to: string, x: string, at: string) => {
      if (kind !== "max") return `s${to} += ${term(x)};`;
      const greater = (name: string, value: string) =>
        `${name}${to} = ${plain && !begun.has(to) ? value : `max(${name}${to}, ${value})`};`;
      if (!indices) {
        const text = greater("s", x) + (nan ? ` ${greater("m", `bitcast<${I}>(${x}) & ${I}(0x7fffffff)`)}` : "");
        begun.add(to);
        return text;
      }
      // The first that exists is taken, whatever it is.
      const exists = spec.padded ? `${lanes === 4 ? "vec4<bool>" : "bool"}(iny && at.z < p.xw)` : "";
      const taken = `(better(${x}, s${to}) | (i${to} == ${none}))${exists && ` & ${exists}`}`;
      const index = `${U}(${indexOf(spec, "at", "box", unit)})`;
      return `{ let at = ${at}; let t = ${taken}; s${to} = select(s${to}, ${x}, t); i${to} = select(i${to}, ${index}, t); }`;
    };
    // Four of a row, or what a tile has one of.
    const whole = (f: (of: string) => string, r: number, c: number) =>
      rowed === undefined ? f(`${r}_${c}`) : `vec4(${[0, 1, 2, 3].map((j) => f(`${r}_${4 * c + j}`)).join(", ")})`;
    const each = single(spec, tile);
    const value = (r: number, c: number, { v, h }: { v: string; h: string }) => {
      if (kind === "max")
        return whole((of) => (nan ? `select(s${of}, bitcast<${T}>(m${of}), m${of} > ${I}(0x7f800000))` : `s${of}`), r, c);
      const count = (j: number) =>
        `counted(start + vec3u(0u, (${h} - h) * ${spec.strides[1]}u, (${v}${j ? ` + ${j}u` : ""} - v) * ${spec.strides[2]}u))`;
      return `made(${whole((of) => `s${of}`, r, c)}, ${rowed === undefined ? count(0) : `vec4f(${[0, 1, 2, 3].map(count).join(", ")})`})`;
    };
    return wgsl`
${functions}
${kind === "max" ? "" : counted(spec)}
${begin(spec, each, units, THREADS)}
  ${outputs(each, (r, c) => [["s", beyond(spec, lanes)], ...beside].map(([name, from]) => `var ${name}${r}_${c} = ${plain ? `${name === "m" ? I : T}()` : from};`).join(" "))}
  ${over({ ...spec, E: T, beyond: beyond(spec, lanes) }, tile, ({ value, at, row, col }) => take(`${row}_${col}`, value, at))}
  ${putAll(spec, tile, ["s", ...beside.map(([name]) => name!)], (r, c, at, place) => {
    // A window wholly in the padding has none: 0.
    const index = whole((of) => `select(i${of}, ${U}(), i${of} == ${none})`, r, c);
    return `{ let at = ${at}; store_y(at, ${value(r, c, place)});${indices ? ` store_indices(at, ${index});` : ""} }`;
  })}
}
`;
  },
};
