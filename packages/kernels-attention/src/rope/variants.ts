import type { LazyVariant } from "@tilewright/runtime";
import type { P, Spec } from "./rope.ts";

/** The ways to compute rope, in order of preference, and where each is a good one. */
export const variants: readonly LazyVariant<P, Spec>[] = [
  { name: "direct", when: () => true, form: async () => (await import("./variants/direct.ts")).direct },
  { name: "naive", when: () => false, form: async () => (await import("./variants/naive.ts")).naive },
];
