import type { LazyVariant } from "@tilewright/runtime";
import type { P, Spec } from "./problem.ts";

const sequence: LazyVariant<P, Spec> = {
  name: "sequence",
  when: () => true,
  form: async () => (await import("./variants/sequence.ts")).sequence,
};

/** The ways to compute whole sequences, in order of preference, and where each is a good one. */
export const sequenceVariants: readonly LazyVariant<P, Spec>[] = [
  {
    name: "resident",
    when: ({ spec: { width } }, { software }) => software || width <= 64,
    form: async () => (await import("./variants/resident.ts")).resident,
  },
  {
    name: "stepped",
    when: ({ params: { t, h }, spec }, { software }) => !spec.empty && t > 1 && (software || h > 256),
    form: async () => (await import("./variants/stepped.ts")).stepped,
  },
  sequence,
];

/** The ways to compute a single step, likewise. */
export const cellVariants: readonly LazyVariant<P, Spec>[] = [
  {
    name: "cell",
    when: ({ params: { b } }, { software, architecture }) => b <= (software && architecture !== "swiftshader" ? 8 : 32),
    form: async () => (await import("./variants/cell.ts")).cell,
  },
  sequence,
];
