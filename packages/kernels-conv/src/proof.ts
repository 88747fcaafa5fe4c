// What conv is, in plain float64 loops, and how far a float32 evaluation may stray from it.
import { LEAST, strayed } from "@tilewright/kernels-matmul/bound";
import { countOf, type Problem } from "@tilewright/runtime";
import { activate, steepness } from "./formulas.ts";
import type { P, Placed, Spec } from "./problem.ts";

type Numbers = ArrayLike<number>;
interface Sides {
  readonly bias?: Numbers | undefined;
  readonly residual?: Numbers | undefined;
  readonly slope?: Numbers | undefined;
}
type Values = Sides & { readonly x: Numbers; readonly w: Numbers };
type Conv = Problem<P, Spec>;

/** activation(Σ over taps and channels of a group of x · w + bias + residual) */
export function reference(problem: Conv, { x, w, ...sides }: Values): { readonly y: Float64Array } {
  const { params, spec } = problem;
  return {
    y: contract(problem, x, w).map((sum, i) => {
      const before = sum + added(problem, sides, i);
      return spec.activation ? activate(spec.activation, before, params.alpha, params.beta, slopeAt(problem, sides, i)) : before;
    }),
  };
}

/** Steps of a filter's output channel, input channel, tap and group. */
export function filterSteps({ params: { ci, co, groups }, spec: { filter, kernel, transposed } }: Placed) {
  const sizes: Record<string, number> = {
    o: transposed ? co : co * groups,
    i: transposed ? ci * groups : ci,
    w: countOf(kernel),
    h: 1,
  };
  const step = (letter: string) => countOf([...filter.slice(filter.indexOf(letter) + 1)].map((behind) => sizes[behind]!));
  return { o: step("o"), i: step("i"), tap: step("w"), group: transposed ? ci * step("i") : co * step("o") };
}

/** Σ of f(x) · g(w) for every element of y, in float64; `peaks` learns how large each sum was on its way. */
export function contract(
  problem: Placed,
  x: Numbers,
  w: Numbers,
  f = (v: number) => v,
  g = f,
  peaks?: Float64Array,
): Float64Array {
  const { params, spec, types } = problem;
  const { batch, groups, ci, co, xd, xh, xw, yd, yh, yw, pd, ph, pw } = params;
  const { last, kernel, strides, dilations } = spec;
  const [xs, ys] = [xd * xh * xw, yd * yh * yw];
  const step = filterSteps(problem);
  const sums = new Float64Array(countOf(types["y"]!.shape));
  if (spec.empty) return sums;
  const channel = last ? 1 : xs;
  const out = last ? 1 : ys;
  const fx = Float64Array.from(x, f);
  const gw = Float64Array.from(w, g);
  const taps = visit(kernel);
  /** Which element of x a tap of an output meets, in one dimension; -1 for none. */
  const under = (out: number, tap: number, pad: number, axis: 0 | 1 | 2) => {
    const [stride, offset] = [strides[axis], tap * dilations[axis]];
    if (!spec.transposed) return out * stride - pad + offset;
    return (out + pad - offset) % stride === 0 ? (out + pad - offset) / stride : -1;
  };
  for (let n = 0; n < batch; n++)
    for (let group = 0; group < groups; group++) {
      let to = last ? n * ys * groups * co + group * co : (n * groups + group) * co * ys;
      const from = last ? n * xs * groups * ci + group * ci : (n * groups + group) * ci * xs;
      for (const [d, h, v] of visit([yd, yh, yw])) {
        taps.forEach(([i, j, k], tap) => {
          const [a, b, c] = [under(d, i, pd, 0), under(h, j, ph, 1), under(v, k, pw, 2)];
          if (a < 0 || a >= xd || b < 0 || b >= xh || c < 0 || c >= xw) return;
          const at = from + ((a * xh + b) * xw + c) * (last ? groups * ci : 1);
          for (let q = 0; q < ci; q++) {
            const value = fx[at + q * channel]!;
            const filter = tap * step.tap + q * step.i + group * step.group;
            for (let o = 0; o < co; o++) sums[to + o * out]! += value * gw[filter + o * step.o]!;
            if (peaks)
              for (let o = 0; o < co; o++) peaks[to + o * out] = Math.max(peaks[to + o * out]!, Math.abs(sums[to + o * out]!));
          }
        });
        to += last ? groups * co : 1;
      }
    }
  return sums;
}

/** Every index of a box, innermost last. */
export function visit([d, h, w]: readonly [number, number, number]): [number, number, number][] {
  return Array.from({ length: d * h * w }, (_, i) => [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w]);
}

/** The channel of element i of y. */
const channelOf = ({ params: { groups, co, yd, yh, yw }, spec: { last } }: Conv, i: number): number =>
  (last ? i : Math.floor(i / (yd * yh * yw))) % (groups * co);

/** bias + residual at element i of y; `f` sees each of the two. */
function added(problem: Conv, { bias, residual }: Sides, i: number, f = (x: number, _operand: string) => x): number {
  const side = bias ? f(bias[problem.spec.bias === "c" ? channelOf(problem, i) : 0]!, "bias") : 0;
  return residual ? side + f(residual[i]!, "residual") : side;
}

function slopeAt(problem: Conv, { slope }: Sides, i: number): number {
  if (!slope) return 1;
  const { slope: kind } = problem.spec;
  return slope[kind === "c" ? channelOf(problem, i) : kind === "all" ? i % slope.length : 0]!;
}

/** Sums that an algorithm adds up instead of those of products. */
export interface Way {
  /** Sizes of all that meets in each element of y, of sizes f and g of elements of x and w. */
  met(f: (v: number) => number, g: (v: number) => number): Float64Array;
  readonly terms: number;
  /** How often each is rounded while it is made. */
  readonly roundings: number;
}

/** How far a correct float32 evaluation may be from the reference, element by element: see `strayed` of kernels-matmul. */
export function bound(
  problem: Conv,
  { x, w, ...sides }: Values,
  { y }: { readonly y: Float64Array },
  way?: Way,
): { readonly y: Float64Array } {
  const { params, spec, types } = problem;
  const tiny = (v: number, operand: string) => (Math.abs(v) < LEAST[types[operand]!.dtype] ? Math.abs(v) : 0);
  // Of a transpose, taps meet every stride-th output.
  const terms =
    way?.terms ?? params.ci * countOf(spec.kernel.map((k, i) => (spec.transposed ? Math.ceil(k / spec.strides[i]!) : k)));
  const peaks = new Float64Array(y.length);
  const sums = contract(problem, x, w, undefined, undefined, peaks);
  const size = (f: (v: number) => number, g: (v: number) => number) => (way ? way.met(f, g) : contract(problem, x, w, f, g));
  const sizes = size(Math.abs, Math.abs);
  const lostX = size((v) => tiny(v, "x"), Math.abs);
  const lostW = size(Math.abs, (v) => tiny(v, "w"));
  return {
    y: sums.map((sum, i) =>
      strayed({
        sum,
        size: sizes[i]!,
        // On another way sums of one sign are not those of the reference.
        peak: way ? Infinity : peaks[i]!,
        terms,
        roundings: way?.roundings ?? 0,
        before: sum + added(problem, sides, i),
        sides: added(problem, sides, i, Math.abs),
        flushed: lostX[i]! + lostW[i]! + terms * LEAST.f32 + added(problem, sides, i, tiny),
        after: y[i]!,
        dtype: types["y"]!.dtype,
        ...(spec.activation && { activation: steepness(spec.activation, params.alpha, slopeAt(problem, sides, i)) }),
      }),
    ),
  };
}
