// What the recurrences are, in plain float64 loops, and how far a float32 evaluation may stray from them.
import { LEAST, strayed, ULP } from "@tilewright/kernels-matmul/bound";
import type { DType, Problem } from "@tilewright/runtime";
import type { Chosen } from "./activation.ts";
import { evaluated, offBy } from "./formulas.ts";
import { GATES, type Given, type P, type Spec } from "./problem.ts";

type Numbers = ArrayLike<number>;
/** The numbers of the operands that are given. */
type Values = { readonly [K in keyof Given]: Numbers | Extract<Given[K], undefined> };
interface States {
  readonly y: Float64Array;
  readonly hn: Float64Array;
  readonly cn: Float64Array;
}
type Call = Pick<Problem<P, Spec>, "params" | "spec" | "types">;

/** A value in float64, and how far a float32 evaluation may be from it. */
interface Known {
  readonly v: number;
  readonly e: number;
}
const ZERO: Known = { v: 0, e: 0 };
const exact = (v: number): Known => ({ v, e: 0 });
/** A float32 result: rounded once more, and flushed where it is denormal. */
const rounded = (v: number, e: number): Known => ({ v, e: e + (ULP / 2) * Math.abs(v) + LEAST.f32 });
const plus = (a: Known, b: Known): Known => rounded(a.v + b.v, a.e + b.e);
const times = (a: Known, b: Known): Known => rounded(a.v * b.v, Math.abs(a.v) * b.e + Math.abs(b.v) * a.e + a.e * b.e);
const oneMinus = (a: Known): Known => rounded(1 - a.v, a.e);

/** Many values, and their errors where they have any. */
interface Vector {
  readonly v: Numbers;
  readonly e?: Numbers;
}
const vector = (known: readonly Known[]): Vector => ({
  v: Float64Array.from(known, ({ v }) => v),
  e: Float64Array.from(known, ({ e }) => e),
});

/** Products of a sum: `count` weights from `at` on, times as many values from `from` on. */
interface Terms {
  readonly weights: Numbers;
  readonly at: number;
  readonly count: number;
  readonly values: Vector;
  readonly from: number;
  readonly dtypes: readonly [DType, DType];
}

/** Where errors of opposite signs meet often enough to cancel. */
const MANY = 16;

/**
 * Σ weights · values + added. The rule of `strayed` for what the sum itself loses; errors that come in with the values (those of h, from the
 * steps before) add up as they are where terms are few or the weights' signs agree, else as the root of their squares: they are
 * themselves bounds of random walks.
 */
function sum(parts: readonly Terms[], added: readonly number[], errors: boolean): Known {
  let [total, size, peak, flushed, terms] = [0, 0, 0, 0, 0];
  let [linear, signed, squares] = [0, 0, 0];
  for (const { weights, at, count, values, from, dtypes } of parts) {
    const { v, e } = values;
    if (!errors) {
      for (let i = 0; i < count; i++) total += weights[at + i]! * v[from + i]!;
      continue;
    }
    const [least, other] = [LEAST[dtypes[0]], LEAST[dtypes[1]]];
    terms += count;
    for (let i = 0; i < count; i++) {
      const weight = weights[at + i]!;
      const one = v[from + i]!;
      const product = Math.abs(weight * one);
      total += weight * one;
      size += product;
      peak = Math.max(peak, Math.abs(total));
      if (Math.abs(weight) < least || Math.abs(one) < other) flushed += product;
      if (!e) continue;
      const stray = weight * e[from + i]!;
      linear += Math.abs(stray);
      signed += stray;
      squares += stray * stray;
    }
  }
  const v = total + added.reduce((a, b) => a + b, 0);
  if (!errors) return exact(v);
  const mixed = terms > MANY && Math.abs(signed) <= linear / 2;
  const own = strayed({
    ...{ sum: total, size, peak, terms, before: v, after: v, dtype: "f32" },
    sides: added.reduce((a, b) => a + Math.abs(b), 0),
    flushed: flushed + terms * LEAST.f32,
  });
  return { v, e: own + (mixed ? Math.sqrt(squares) : linear) };
}

/** activation(x), x kept within ±clip; its error by what x's makes of it at both ends. */
function activated(f: Chosen, x: Known, clip: number): Known {
  const g = (v: number) => evaluated(f, clip && Math.abs(v) > clip ? Math.sign(v) * clip : v);
  const v = g(x.v);
  // What is infinite or NaN is so without doubt.
  const spread = Number.isFinite(x.v) ? Math.max(Math.abs(g(x.v + x.e) - v), Math.abs(g(x.v - x.e) - v)) : 0;
  return { v, e: spread + offBy(f, x.v) * ULP + (ULP / 2) * Math.abs(v) + LEAST.f32 };
}

/**
 * LSTM: i, f, o = σ(W x + R h + b + P ⊙ c), g = tanh(W x + R h + b), c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(c'), where o sees c' (Hochreiter and
 * Schmidhuber 1997; Gers et al. 2000); projected h' = Wp h' (Sak et al. 2014, arXiv:1402.1128).
 * GRU: r, z = σ(W x + R h + b), n = tanh(W x + r ⊙ (R h + b')) or tanh(W x + R (r ⊙ h) + b), h' = (1 − z) ⊙ n + z ⊙ h (Cho et al. 2014,
 * arXiv:1406.1078). RNN: h' = tanh(W x + R h + b). As ONNX has them, in PyTorch's order of gates.
 */
function evaluate({ params, spec, types }: Call, values: Values, errors: boolean): { value: States; error: States } {
  const { t, b, h, o, k, dirs, clip } = params;
  const { kind } = spec;
  const gates = GATES[kind];
  const { x, w, r, bias, rBias, peephole, projection, lengths, h0, c0 } = values;
  const dtype = (name: string): DType => types[name]?.dtype ?? "f32";
  const make = (): States => ({
    y: new Float64Array(t * b * dirs * o),
    hn: new Float64Array(dirs * b * o),
    cn: new Float64Array(dirs * b * h),
  });
  const [value, error] = [make(), make()];
  const out = dtype("hn");
  const put = (to: keyof States, i: number, known: Known) => {
    value[to][i] = known.v;
    const size = Math.abs(known.v);
    error[to][i] = known.e + (out === "f16" ? 2 ** -10 * size + (size < LEAST.f16 ? size : 0) : 0) + LEAST.f32;
  };

  for (let dir = 0; dir < dirs; dir++) {
    const back = spec.direction === "reverse" || dir === 1;
    const [f, g, last] = (spec.activations[dir] ?? spec.activations[0]!) as [Chosen, Chosen, Chosen];
    const row = (gate: number, u: number) => (dir * gates + gate) * h + u;
    for (let n = 0; n < b; n++) {
      const length = lengths ? Math.min(lengths[n]!, t) : t;
      const kept = length > 0 || !spec.zeroEmpty;
      let hs = Array.from({ length: o }, (_, u) => exact(kept ? (h0?.[(dir * b + n) * o + u] ?? 0) : 0));
      let cs = Array.from({ length: h }, (_, u) => exact(kept ? (c0?.[(dir * b + n) * h + u] ?? 0) : 0));
      for (let s = 0; s < t; s++) {
        const at = back && s < length ? length - 1 - s : s;
        const merged = ((spec.batchFirst ? n * t + at : at * b + n) * dirs + dir) * o;
        const place = spec.split && !spec.batchFirst ? ((at * dirs + dir) * b + n) * o : merged;
        if (s >= length) {
          for (let u = 0; u < o && value.y.length; u++) put("y", place + u, ZERO);
          continue;
        }
        const xAt = (spec.batchFirst ? n * t + at : at * b + n) * k;
        const given = (gate: number, u: number): Terms => ({
          ...{ weights: w, at: row(gate, u) * k, count: k, values: { v: x }, from: xAt },
          dtypes: [dtype("w"), dtype("x")],
        });
        const before = vector(hs);
        const fed = (gate: number, u: number, values: Vector): Terms => ({
          ...{ weights: r, at: row(gate, u) * o, count: o, values, from: 0 },
          dtypes: [dtype("r"), "f32"],
        });
        const biases = (gate: number, u: number) => [bias?.[row(gate, u)] ?? 0, rBias?.[row(gate, u)] ?? 0];
        const gate = (index: number, u: number, from = before) =>
          sum([given(index, u), fed(index, u, from)], biases(index, u), errors);
        const old = hs;
        if (kind === "rnn") hs = old.map((_, u) => activated(f, gate(0, u), clip));
        else if (kind === "gru") {
          const reset = old.map((_, u) => activated(f, gate(0, u), clip));
          const kept = old.map((_, u) => activated(f, gate(1, u), clip));
          const seen = spec.after ? before : vector(old.map((v, u) => times(v, reset[u]!)));
          hs = old.map((v, u) => {
            const [own, fromH] = biases(2, u) as [number, number];
            const inner = spec.after
              ? plus(sum([given(2, u)], [own], errors), times(reset[u]!, sum([fed(2, u, before)], [fromH], errors)))
              : gate(2, u, seen);
            return plus(times(oneMinus(kept[u]!), activated(g, inner, clip)), times(kept[u]!, v));
          });
        } else {
          const seen = (z: Known, which: number, u: number, c: Known): Known =>
            peephole ? plus(z, times(exact(peephole[(dir * 3 + which) * h + u]!), c)) : z;
          const outputs = cs.map((c, u) => {
            const input = activated(f, seen(gate(0, u), 0, u, c), clip);
            const forget = spec.inputForget ? oneMinus(input) : activated(f, seen(gate(1, u), 1, u, c), clip);
            const next = plus(times(forget, c), times(input, activated(g, gate(2, u), clip)));
            const output = activated(f, seen(gate(3, u), 2, u, next), clip);
            return { next, m: times(output, activated(last, next, clip)) };
          });
          cs = outputs.map(({ next }) => next);
          const made = outputs.map(({ m }) => m);
          const inner = vector(made);
          hs = projection
            ? hs.map((_, u) => {
                const at = (dir * o + u) * h;
                const terms: Terms = {
                  ...{ weights: projection, at, count: h, values: inner, from: 0 },
                  dtypes: [dtype("projection"), "f32"],
                };
                return sum([terms], [], errors);
              })
            : made;
        }
        if (!spec.cell) for (let u = 0; u < o; u++) put("y", place + u, hs[u]!);
      }
      hs.forEach((v, u) => {
        put("hn", (dir * b + n) * o + u, v);
      });
      cs.forEach((v, u) => {
        put("cn", (dir * b + n) * h + u, v);
      });
    }
  }
  return { value, error };
}

/** What a kernel's reference and bound are, of the states that it gives: `proof("y", "hn")`. */
export function proof<K extends keyof States>(...gives: readonly K[]) {
  const given = (states: States) => Object.fromEntries(gives.map((name) => [name, states[name]])) as Pick<States, K>;
  return {
    reference: (problem: Call, values: object): Pick<States, K> => given(evaluate(problem, values as Values, false).value),
    bound: (problem: Call, values: object): Pick<States, K> => given(evaluate(problem, values as Values, true).error),
  };
}
