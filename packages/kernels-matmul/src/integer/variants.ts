import type { Caps, LazyVariant } from "@tilewright/runtime";
import { worthTiling } from "../shapes.ts";
import type { P, Spec } from "./matmul-integer.ts";

/** Dot products in hardware, and not by way of shifts and multiplies, which is how Apple's GPUs and CPU adapters get them. */
const fastDot4 = ({ dot4, software, vendor }: Caps): boolean => dot4 && !software && vendor !== "apple";

/** The ways to compute matmulInteger, in order of preference, and where each is a good one. */
export const variants: readonly LazyVariant<P, Spec>[] = [
  {
    name: "dot4",
    when: (problem, caps) => fastDot4(caps) && worthTiling(problem),
    form: async () => (await import("./variants/dot4.ts")).dot4,
  },
  {
    name: "quad",
    when: (problem, { software }) => software && worthTiling(problem),
    form: async () => (await import("./variants/quad.ts")).quad,
  },
  { name: "direct", when: worthTiling, form: async () => (await import("./variants/direct.ts")).direct },
  { name: "naive", when: () => true, form: async () => (await import("./variants/naive.ts")).naive },
];
