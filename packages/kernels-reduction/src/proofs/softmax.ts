// What softmax and its logarithm are.
import type { Problem } from "@tilewright/runtime";
import type { SoftmaxParam, SoftmaxSpec } from "../softmax.ts";
import { prove } from "./numbers.ts";
import { broadcastIndex, offsets, sizesOf } from "./rows.ts";

type SoftmaxProblem = Problem<SoftmaxParam, SoftmaxSpec>;

/** @param log the logarithm of it */
export const proof = (log: boolean) =>
  prove<SoftmaxParam, SoftmaxSpec, "y">((f, problem: SoftmaxProblem, at) => {
    const { params, spec } = problem;
    const { rows: starts, along } = offsets(sizesOf(problem));
    const groups = [1, params.m1, params.m2, params.m3].slice(0, spec.across.length);
    const y = Array.from({ length: starts.length * along.length }, () => f.of(0));
    starts.forEach((start, row) => {
      const xs = along.map((offset, j) => {
        const i = start + offset;
        const hidden =
          (spec.causal && j > (row % params.queries) + params.n - params.queries) ||
          (spec.mask === "keep" && !f.value(at("mask", broadcastIndex(spec.across, groups, i))));
        if (hidden) return f.of(-Infinity);
        const x = spec.scaled ? f.mul(at("x", i), f.of(params.scale, "f32")) : at("x", i);
        return spec.mask === "add" ? f.add(x, at("mask", broadcastIndex(spec.across, groups, i))) : x;
      });
      const largest = f.max(xs);
      const total = f.sumExp(xs, largest);
      const part = log ? f.log(total) : f.div(f.of(1), total);
      along.forEach((offset, j) => {
        const below = f.sub(xs[j]!, largest);
        y[start + offset] = log ? f.sub(below, part) : f.mul(f.exp(below), part);
      });
    });
    return { y };
  });
