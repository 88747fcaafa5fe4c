// What attention is, in plain float64 loops, and how far a float32 evaluation may stray from it.
import type { DType, Problem } from "@tilewright/runtime";
import type { P, Spec } from "./attention.ts";
import { positionOf, span } from "./visible.ts";

type Numbers = ArrayLike<number>;
interface Values {
  readonly q: Numbers;
  readonly k?: Numbers | undefined;
  readonly v?: Numbers | undefined;
  readonly pages?: Numbers | undefined;
  readonly mask?: Numbers | undefined;
  readonly lengths?: Numbers | undefined;
  readonly slopes?: Numbers | undefined;
  readonly sinks?: Numbers | undefined;
}
interface Outputs {
  readonly out: Float64Array;
  readonly lse?: Float64Array;
}

/** A query of a head: its place in the inputs, and the keys it sees. */
interface Row {
  readonly b: number;
  readonly h: number;
  readonly i: number;
  /** Numbers of its rows in q and in out, and of those of key j in k and in v. */
  readonly query: number;
  readonly at: number;
  key(j: number): number;
  value(j: number): number;
  /** Position among the keys, and the keys from `first` to before `last`. */
  readonly position: number;
  readonly first: number;
  readonly last: number;
}

function eachRow(problem: Problem<P, Spec>, { lengths, pages }: Partial<Values>, visit: (row: Row) => void): void {
  const { params, spec } = problem;
  const { batch, heads, group, s, t, length } = params;
  const shared = heads / group;
  const index = (layout: Spec["layout"], b: number, h: number, of: number, i: number, rows: number) =>
    layout === "bhsd" ? (b * of + h) * rows + i : (b * rows + i) * of + h;
  for (let b = 0; b < batch; b++) {
    const keys = lengths ? Math.min(lengths[b]!, length) : length;
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < s; i++) {
        const position = positionOf(problem, i, keys);
        const at = index(spec.layout, b, h, heads, i, s);
        const own = Math.floor(h / group);
        const packed = (row: number, head: number) => (b * s + row) * (heads + 2 * shared) + head;
        const key = (j: number) => {
          if (spec.packed === "all") return packed(j, heads + own);
          if (spec.page === undefined) return index(spec.kvLayout, b, own, shared, j, t);
          const rows = 2 ** spec.page;
          return index(spec.kvLayout, pages![(b * t) / rows + Math.floor(j / rows)]!, own, shared, j % rows, rows);
        };
        visit({
          ...{
            b,
            h,
            i,
            position,
            at,
            query: spec.packed ? packed(i, h) : at,
            key,
            value: (j) => key(j) + (spec.packed === "all" ? shared : 0),
          },
          ...span(problem, position, keys),
        });
      }
    }
  }
}

/** A key that a row sees. */
interface Seen {
  readonly j: number;
  readonly score: number;
  /** Σ|q·k| · |scale|, q·k · scale, and what is added. */
  readonly size: number;
  readonly product: number;
  readonly added: number;
}

/** The keys a row sees, with their scores: scale · q·k, capped, plus mask and ALiBi. */
function seen({ params, spec }: Problem<P, Spec>, { q, k = q, mask, slopes }: Values, row: Row, tiny = 0): Seen[] {
  const { d, scale, softcap, maskB, maskH, maskS } = params;
  const list: Seen[] = [];
  for (let j = row.first; j < row.last; j++) {
    const told = mask?.[row.b * maskB + row.h * maskH + row.i * maskS + (spec.maskKeys ? j : 0)] ?? 0;
    if (mask && (spec.mask === "bool" ? told === 0 : told === -Infinity)) continue;
    let [dot, size] = [0, 0];
    for (let c = 0; c < d; c++) {
      const [x, y] = [q[row.query * d + c]!, k[row.key(j) * d + c]!];
      dot += x * y;
      size += Math.abs(x * y);
      // what may be flushed to zero
      if (tiny && Math.abs(x) < tiny) size += (Math.abs(x * y) * 2) / ULP;
      if (tiny && Math.abs(y) < tiny) size += (Math.abs(x * y) * 2) / ULP;
    }
    const product = dot * scale;
    const added = (spec.mask === "add" ? told : 0) - (slopes ? slopes[row.h]! * Math.abs(row.position - j) : 0);
    const capped = spec.softcap ? softcap * Math.tanh(product / softcap) : product;
    list.push({ j, score: capped + added, size: size * Math.abs(scale), product, added });
  }
  return list;
}

/** Weights of the softmax, the sink's last; and the log-sum-exp. */
function softmax(keys: readonly Seen[], sink: number): { weights: number[]; lse: number } {
  // NaN must stay: Math.max hands it on.
  const top = keys.reduce((most, { score }) => Math.max(most, score), sink);
  const weights = keys.map(({ score }) => Math.exp(score - top));
  const sum = weights.reduce((a, b) => a + b, top === -Infinity ? 0 : Math.exp(sink - top));
  return { weights: weights.map((w) => w / sum), lse: sum === 0 ? -Infinity : top + Math.log(sum) };
}

/** softmax(scale · q·kᵀ + …) · v row by row; zeros where a row sees no key. */
export function reference(problem: Problem<P, Spec>, values: Values): Outputs {
  const { params, spec } = problem;
  const { batch, heads, s, dv } = params;
  const out = new Float64Array(batch * heads * s * dv);
  const lse = new Float64Array(batch * heads * s);
  const { v = values.q } = values;
  eachRow(problem, values, (row) => {
    const keys = seen(problem, values, row);
    const { weights, lse: sum } = softmax(keys, values.sinks ? values.sinks[row.h]! : -Infinity);
    lse[(row.b * heads + row.h) * s + row.i] = sum;
    keys.forEach(({ j }, n) => {
      for (let c = 0; c < dv; c++) out[row.at * dv + c]! += weights[n]! * v[row.value(j) * dv + c]!;
    });
  });
  return spec.lse ? { out, lse } : { out };
}

const ULP = 2 ** -23;
/** The least normal number: what is smaller may be flushed to zero. */
const LEAST: Partial<Record<DType, number>> = { f32: 2 ** -126, f16: 2 ** -14 };

/** Half units in the last place of a sum of n terms: n where they may all point one way, 4√n where signs mix. */
const steps = (n: number, mixed: boolean) => (mixed ? Math.min(n, 4 * Math.sqrt(n)) : n);

/**
 * How far a correct float32 evaluation may be from the reference, element by element.
 *
 * Each score is off by some δ: a dot product's rounding, that of softcap, mask and ALiBi, each in units of what is rounded. Its weight
 * p = exp(score − top) is then off by the factor e^±δ, by WGSL's allowance for exp2 (3 + 2|x| ULP), and by a rescaling of the sums
 * each time that a new largest score is met. An error ρ of weight P moves out by P · ρ · (v − out), first order made rigorous by
 * dividing by Σ P e^−ρ: so what matters is how much the softmax hangs on few keys with different v, and out never leaves the range of v.
 * Then come the roundings of the two sums over the keys (Higham, Accuracy and Stability of Numerical Algorithms, 2002, §4.2).
 */
export function bound(problem: Problem<P, Spec>, values: Values, { out }: Outputs): Outputs {
  const { params, spec, types } = problem;
  const { heads, s, d, dv, softcap } = params;
  const bounds = new Float64Array(out.length);
  const sums = new Float64Array(params.batch * heads * s);
  const tiny = Math.max(...["q", "k"].map((name) => LEAST[(types[name] ?? types["q"]!).dtype]!));
  const tinyV = LEAST[(types["v"] ?? types["q"]!).dtype]!;
  const { v = values.q } = values;
  const least = LEAST[types["out"]!.dtype]!;
  eachRow(problem, values, (row) => {
    const keys = seen(problem, values, row, tiny);
    const sink = values.sinks ? values.sinks[row.h]! : -Infinity;
    const { weights, lse } = softmax(keys, sink);
    const n = keys.length + 1;
    let [top, rescales] = [sink, 2];
    for (const { score } of keys) if (score > top) [top, rescales] = [score, rescales + 1];
    const errors = keys.map(({ score, size, product, added }) => {
      const mixed = Math.abs(product) < size / 2;
      const capped = spec.softcap ? 8 * ULP * softcap : 0;
      // Scores are kept in units of log 2: one rounding more of each part.
      const delta =
        (steps(d, mixed) / 2 + 2) * ULP * size + capped + 2 * ULP * (Math.abs(added) + Math.abs(score - added) + Math.abs(score));
      const power = ULP * (3 * rescales + 3 * Math.abs(score - top));
      return Math.expm1(Math.min(delta + power, 80));
    });
    let [total, least1] = [0, 0];
    errors.forEach((error, i) => {
      total += weights[i]! * error;
      least1 += weights[i]! / (1 + error);
    });
    const denominator = least1 + (sink > -Infinity ? Math.exp(sink - lse) : 0);
    sums[(row.b * heads + row.h) * s + row.i] =
      total / Math.max(denominator, 1e-30) + (n / 2) * ULP + 2 ** -21 + 4 * ULP * (Math.abs(lse) + Math.abs(top)) + LEAST.f32!;
    for (let c = 0; c < dv; c++) {
      const at = row.at * dv + c;
      const mean = out[at]!;
      let [moved, size, spread, sum, peak, lost] = [0, 0, sink > -Infinity ? Math.abs(mean) : 0, 0, 0, 0];
      keys.forEach(({ j }, i) => {
        const x = v[row.value(j) * dv + c]!;
        moved += weights[i]! * errors[i]! * Math.abs(x - mean);
        spread = Math.max(spread, Math.abs(x - mean));
        sum += weights[i]! * x;
        size += weights[i]! * Math.abs(x);
        peak = Math.max(peak, Math.abs(sum));
        lost += LEAST.f32! * (Math.abs(x) + 2) + (Math.abs(x) < tinyV ? weights[i]! * Math.abs(x) : 0);
      });
      const rounded = ULP * ((steps(n + rescales, peak < size / 2) / 2) * size + (n / 2 + 4) * Math.abs(mean));
      const after = Math.abs(mean);
      const stored = (spec.half ? 2 ** -10 : ULP / 2) * after + (after < least ? after : 0) + LEAST.f32!;
      bounds[at] = Math.min(moved / Math.max(denominator, 1e-30), spread) + rounded + lost + stored;
    }
  });
  return spec.lse ? { out: bounds, lse: sums } : { out: bounds };
}
