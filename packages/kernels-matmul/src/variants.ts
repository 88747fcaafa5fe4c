import type { LazyVariant } from "@tilewright/runtime";
import type { P, Spec } from "./matmul.ts";
import { worthTiling } from "./shapes.ts";

/** The ways to compute matmul, in order of preference, and where each is a good one. */
export const variants: readonly LazyVariant<P, Spec>[] = [
  {
    name: "gemv",
    when: ({ params: { m, n, k } }) => (m === 1 || n === 1) && k >= 16,
    form: async () => (await import("./variants/gemv.ts")).gemv,
  },
  {
    name: "quad",
    when: (problem, { software }) => software && worthTiling(problem),
    form: async () => (await import("./variants/quad.ts")).quad,
  },
  {
    name: "smallM",
    when: ({ params: { m, n, k }, spec: { transA } }) => m > 1 && m <= 8 && n >= 64 && k >= 16 && !transA,
    form: async () => (await import("./variants/small-m.ts")).smallM,
  },
  {
    name: "splitK",
    when: ({ params: { m, n, k, batch } }, { software }) =>
      !software && k >= 1024 && Math.ceil(m / 64) * Math.ceil(n / 64) * batch <= 32 && k * 2 >= m + n,
    form: async () => (await import("./variants/split-k.ts")).splitK,
  },
  { name: "matrix", when: () => false, form: async () => (await import("./variants/matrix.ts")).matrix },
  {
    name: "shuffle",
    when: (problem, { vendor }) => vendor === "intel" && worthTiling(problem),
    form: async () => (await import("./variants/shuffle.ts")).shuffle,
  },
  {
    name: "staged",
    when: ({ params: { m, n } }, { software }) => !software && m >= 32 && n >= 32,
    form: async () => (await import("./variants/staged.ts")).staged,
  },
  { name: "direct", when: worthTiling, form: async () => (await import("./variants/direct.ts")).direct },
  { name: "naive", when: () => true, form: async () => (await import("./variants/naive.ts")).naive },
];
