import type { LazyVariant } from "@tilewright/runtime";
import { worthTiling } from "../shapes.ts";
import type { QuantizedP, QuantizedSpec } from "./matmul.ts";

/** The ways to compute matmulQuantized, in order of preference, and where each is a good one. */
export const variants: readonly LazyVariant<QuantizedP, QuantizedSpec>[] = [
  {
    name: "quadVector",
    when: ({ params: { m } }, { software }) => software && m === 1,
    form: async () => (await import("./variants/quadVector.ts")).quadVector,
  },
  {
    name: "smallM",
    when: ({ params: { m } }, { software }) => software && m <= 8,
    form: async () => (await import("./variants/smallM.ts")).smallM,
  },
  {
    name: "quad",
    when: (problem, { software }) => software && worthTiling(problem),
    form: async () => (await import("./variants/quad.ts")).quad,
  },
  {
    name: "gemv",
    when: ({ params: { m, batch } }, { software }) => !software && m * batch <= 8,
    form: async () => (await import("./variants/gemv.ts")).gemv,
  },
  {
    name: "gemvWorkgroup",
    when: ({ params: { m, batch } }, { software }) => !software && m * batch <= 8,
    form: async () => (await import("./variants/gemvWorkgroup.ts")).gemvWorkgroup,
  },
  { name: "staged", when: (_, { software }) => !software, form: async () => (await import("./variants/staged.ts")).staged },
  {
    name: "directVector",
    when: ({ params: { m } }) => m <= 2,
    form: async () => (await import("./variants/directVector.ts")).directVector,
  },
  { name: "direct", when: worthTiling, form: async () => (await import("./variants/direct.ts")).direct },
  { name: "naive", when: () => true, form: async () => (await import("./variants/naive.ts")).naive },
];
