// What pools are, in plain float64 loops, and how far a float32 evaluation may stray.
import { LEAST, strayed, ULP } from "@tilewright/kernels-matmul/bound";
import { countOf, type Problem } from "@tilewright/runtime";
import { visit } from "../proof.ts";
import type { P, Spec } from "./pool.ts";

type Pool = Problem<P, Spec>;
type Numbers = ArrayLike<number>;
type Outputs = { readonly y: Float64Array; readonly indices?: Float64Array };

/** Calls `f` for each output: where it lies, the elements of its window that exist, and how many taps count. */
function each(
  { params, spec, types }: Pool,
  f: (at: number, window: readonly { readonly at: number; readonly index: number }[], counted: number) => void,
): void {
  const { batch, channels, xd, xh, xw, yd, yh, yw, pd, ph, pw } = params;
  const { last, kernel, strides, dilations, counted } = spec;
  const taps = visit(kernel);
  const [size, begin] = [
    [xd, xh, xw],
    [pd, ph, pw],
  ];
  const [xs, ys] = [xd * xh * xw, yd * yh * yw];
  if (countOf(types["y"]!.shape) === 0) return;
  for (const [pixel, place] of visit([yd, yh, yw]).entries()) {
    const found = taps.map((tap) => tap.map((k, i) => place[i]! * strides[i]! + k * dilations[i]! - begin[i]!));
    const inside = found.filter((at) => at.every((v, i) => v >= 0 && v < size[i]!));
    const all = counted ? found.filter((at) => at.every((v, i) => v < size[i]! + counted[i]!)) : inside;
    for (let image = 0; image < batch; image++)
      for (let c = 0; c < channels; c++) {
        const to = last ? (image * ys + pixel) * channels + c : (image * channels + c) * ys + pixel;
        const window = inside.map(([d, h, w]) => {
          const x = (d! * xh + h!) * xw + w!;
          const column = d! + (h! + w! * xh) * xd;
          const at = (p: number) => (last ? (image * xs + p) * channels + c : (image * channels + c) * xs + p);
          return { at: at(x), index: at(spec.indices === "column-major" ? column : x) };
        });
        f(to, window, all.length);
      }
  }
}

const LOWEST: Readonly<Record<string, number>> = { i8: -128, u8: 0 };

export function reference(problem: Pool, { x }: { readonly x: Numbers }): Outputs {
  const { spec, params, types } = problem;
  const y = new Float64Array(countOf(types["y"]!.shape));
  const indices = new Float64Array(spec.indices ? y.length : 0);
  const { exponent } = params;
  each(problem, (to, window, counted) => {
    if (spec.kind === "max") {
      let best = LOWEST[spec.dtype] ?? -Infinity;
      let from = window[0]?.index ?? 0;
      window.forEach(({ at, index }, i) => {
        const value = x[at]!;
        if (i > 0 ? value > best || (Number.isNaN(value) && !Number.isNaN(best)) : true) [best, from] = [value, index];
      });
      y[to] = best;
      if (spec.indices) indices[to] = from;
    } else if (spec.kind === "average") y[to] = window.reduce((sum, { at }) => sum + x[at]!, 0) / counted;
    else y[to] = window.reduce((sum, { at }) => sum + Math.abs(x[at]!) ** exponent, 0) ** (1 / exponent);
  });
  return { y, ...(spec.indices && { indices }) };
}

/** WGSL's pow(x, e) is exp2(e · log2 x), off by 3 + 2|e · log2 x| ULP, and by what log2's error (2^-21, or 3 ULP) makes of it. */
function power(x: number, e: number): number {
  if (!(x > 0) || !Number.isFinite(x)) return 0;
  const log = Math.abs(Math.log2(x));
  return ULP * (3 + 2 * Math.abs(e) * log) + Math.LN2 * Math.abs(e) * Math.max(2 ** -21, 3 * ULP * log);
}

/** How far a correct float32 evaluation may be from the reference; a maximum is exact but for what may be flushed to zero. */
export function bound(problem: Pool, { x }: { readonly x: Numbers }, { y }: Outputs): Outputs {
  const { spec, params, types } = problem;
  const { dtype } = types["x"]!;
  const far = new Float64Array(y.length);
  const { exponent } = params;
  const { norm } = spec;
  each(problem, (to, window, counted) => {
    const after = y[to]!;
    if (spec.kind === "max") {
      // Numbers that are flushed to zero compare alike: any of them may be taken for the largest.
      far[to] = Math.abs(after) < LEAST[dtype] ? Math.abs(after) + LEAST[dtype] : 0;
      return;
    }
    const values = window.map(({ at }) => x[at]!);
    const terms = spec.kind === "average" ? values : values.map((v) => Math.abs(v) ** exponent);
    let [sum, size, peak] = [0, 0, 0];
    for (const term of terms) {
      sum += term;
      size += Math.abs(term);
      peak = Math.max(peak, Math.abs(sum));
    }
    const tiny = (v: number) => (Math.abs(v) < LEAST[dtype] ? Math.abs(v) : 0);
    const lost = values.reduce((s, v) => s + tiny(v), 0);
    const common = { sum, size, peak, terms: terms.length, before: sum, sides: 0, after, dtype };
    if (spec.kind === "average")
      far[to] = strayed({
        ...common,
        flushed: lost + LEAST.f32,
        activation: { slope: 1 / counted, ulp: 3 / counted, grows: true },
      });
    else {
      // The root's slope at the sum; each power's own error is an error of the sum.
      const own = norm === "power" ? values.reduce((s, v, i) => s + terms[i]! * power(Math.abs(v), exponent), 0) : 0;
      const slope = sum > 0 && norm !== "sum" ? after / (exponent * sum) : 1;
      const root = norm === "power" ? power(sum, 1 / exponent) : norm === "square" ? 3 * ULP : 0;
      // Near zero the root is steep: what is flushed counts as its own root.
      const flushed = terms.length * LEAST.f32 + (norm === "sum" ? lost : 0);
      const near = norm === "sum" ? 0 : (terms.length * LEAST.f32) ** (1 / exponent) + lost;
      far[to] =
        strayed({ ...common, flushed: norm === "sum" ? flushed : 0, activation: { slope, ulp: 0 } }) +
        slope * own +
        root * after +
        near;
    }
  });
  return { y: far, ...(spec.indices && { indices: new Float64Array(y.length) }) };
}
