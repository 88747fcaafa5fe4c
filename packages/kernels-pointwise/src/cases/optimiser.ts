// What proves the optimisers: states under way, f16 in every place, flags, a factor, a copy in f16, odd counts.
import type { DType, HostTensor } from "@tilewright/runtime";
import { type AnyKernel, type KernelCase, lazily, type Suite } from "@tilewright/runtime/cases";
import { adagrad, adam, amsgrad, momentum, rmsprop, sgd } from "../optimisers.ts";
import { kase, spread } from "./data.ts";

/** Sums of squares, and what only grows, are not negative. */
const positive = (t: HostTensor): HostTensor =>
  lazily(t.shape, t.dtype!, () => (t.data as Float32Array).map((x) => Math.abs(x) + 0.01));

function suite(kernel: unknown, states: readonly string[], options: readonly object[]): Suite {
  const one = (types: readonly [DType, DType, DType], n: number, own: object, factor = false, half = false): KernelCase =>
    kase(
      [...new Set(types)].join("·"),
      { n, ...(factor && { factor }) },
      () => ({
        weights: spread([n], types[0], 1),
        gradient: spread([n], types[1], 2),
        ...(factor && { factor: spread([1], "f32", 3, 0.5) }),
        ...Object.fromEntries(
          states.map((state, i) => [
            state,
            /^(mean|velocity)$/.test(state) ? spread([n], types[2], 4 + i, 1) : positive(spread([n], types[2], 4 + i, 1)),
          ]),
        ),
      }),
      { ...own, ...(half && { half }) },
    );
  return {
    kernel: kernel as AnyKernel,
    cases: [
      one(["f32", "f32", "f32"], 64, {}),
      one(["f32", "f32", "f32"], 37, {}),
      one(["f32", "f16", "f32"], 40, {}, true, true),
      one(["f32", "f16", "f32"], 35, {}, true, true),
      one(["f16", "f16", "f16"], 24, {}),
      one(["f16", "f16", "f16"], 27, {}),
      one(["f32", "f32", "f32"], 0, {}),
      ...options.flatMap((own) => [
        one(["f32", "f32", "f32"], 32, own),
        one(["f16", "f16", "f32"], 13, own),
        one(["f16", "f16", "f32"], 16, own),
      ]),
    ],
    sizes: [one(["f32", "f32", "f32"], 2 ** 20, {})],
  };
}

export const optimiserSuites: readonly Suite[] = [
  suite(sgd, [], [{ rate: 0.1, decay: 0.02 }]),
  suite(
    momentum,
    ["velocity"],
    [
      { nesterov: true, decay: 0.1 },
      { dampening: 0.3, momentum: 0.5 },
    ],
  ),
  suite(adagrad, ["sum"], [{ step: 5, rateDecay: 0.1, decay: 0.01 }]),
  suite(rmsprop, ["square", "velocity"], [{ momentum: 0.9, decay: 0.05 }]),
  suite(adam, ["mean", "variance"], [{ step: 10, decay: 0.1 }, { decoupled: false, decay: 0.1, step: 3 }, { correct: false }]),
  suite(amsgrad, ["mean", "variance", "peak"], [{ step: 4, decay: 0.1, decoupled: false }]),
];
