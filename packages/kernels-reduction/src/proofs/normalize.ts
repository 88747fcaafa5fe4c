// What normalisations are: (x − mean) / √(variance + epsilon) · gamma + beta over rows.
import type { Problem } from "@tilewright/runtime";
import type { NormParam, NormSpec } from "../normalize.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { broadcastIndex, offsets, sizesOf } from "./rows.ts";

type NormProblem = Problem<NormParam, NormSpec>;

export const { reference, bound } = prove<NormParam, NormSpec, "y" | "sum" | "statistics" | "mean" | "invStd">(formula);

function formula<N>(f: Arithmetic<N>, problem: NormProblem, at: (operand: string, i: number) => N) {
  const { params, spec } = problem;
  const { rows: starts, along } = offsets(sizesOf(problem));
  const n = f.of(along.length);
  const epsilon = f.of(params.epsilon, "f32");
  const blank = () => Array.from({ length: starts.length * along.length }, () => f.of(0));
  const [y, sum, mean, invStd, spread]: [N[], N[], N[], N[], N[]] = [blank(), blank(), [], [], []];
  starts.forEach((start, row) => {
    const rule = (j: number) =>
      spec.by === "broadcast"
        ? broadcastIndex(spec.across, [1, params.groups, params.per, params.span], start + along[j]!)
        : (row % params.groups) * params.per + (spec.modulo ? j % params.span : Math.floor(j / params.span));
    const xs = along.map((offset, j) => {
      let x = at("x", start + offset);
      if (spec.residual) x = f.add(x, at("residual", start + offset));
      if (spec.bias) x = f.add(x, at("bias", rule(j)));
      sum[start + offset] = x;
      return x;
    });
    const middle = f.div(f.sum(xs), n);
    const apart = spec.rms ? xs : xs.map((x) => f.sub(x, middle));
    const variance = f.div(f.sum(apart.map((d) => f.mul(d, d))), n);
    const factor = f.div(f.of(1), f.sqrt(f.add(variance, epsilon)));
    mean.push(middle);
    invStd.push(factor);
    spread.push(variance);
    along.forEach((offset, j) => {
      let v = f.mul(apart[j]!, factor);
      if (spec.gamma) v = f.mul(v, at("gamma", rule(j)));
      if (spec.beta) v = f.add(v, at("beta", rule(j)));
      if (spec.silu) v = f.div(v, f.add(f.of(1), f.exp(f.sub(f.of(0), v))));
      y[start + offset] = v;
    });
  });
  const momentum = f.of(params.momentum, "f32");
  const blend = (v: N, i: number) =>
    spec.running ? f.add(f.mul(momentum, at("running", i)), f.mul(f.sub(f.of(1), momentum), v)) : v;
  const statistics = spec.statistics && { statistics: [...mean, ...spread].map(blend) };
  return { y, ...statistics, ...(spec.sum && { sum }), ...(spec.stats && { ...(!spec.rms && { mean }), invStd }) };
}
