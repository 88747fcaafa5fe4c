import type { LazyVariant } from "@tilewright/runtime";
import type { P, Spec } from "./attention.ts";
import { VECS, vecsOfQuad } from "./registers.ts";

/** Few queries over many keys: what decoding is. */
const fewQueries = ({ batch, heads, s, length }: Record<P, number>): boolean => batch * heads * s <= 256 && length >= 64;

/** The ways to compute attention, in order of preference, and where each is a good one. */
export const variants: readonly LazyVariant<P, Spec>[] = [
  {
    name: "decode",
    // CPU adapters gain more from heads that share their keys' loads: quad.
    when: ({ params }, { software }) => fewQueries(params) && (!software || params.s * params.group <= 2),
    form: async () => (await import("./variants/decode.ts")).decode,
  },
  {
    name: "quad",
    when: ({ params: { s, group }, spec }, { software }) => software && s * group > 2 && vecsOfQuad(4, spec) <= VECS,
    form: async () => (await import("./variants/quad.ts")).quad,
  },
  { name: "split", when: ({ params }) => fewQueries(params), form: async () => (await import("./variants/split.ts")).split },
  {
    name: "staged",
    when: ({ params: { s, group }, spec }, { software }) => !software && s * group >= 16 && spec.widthV <= 8,
    form: async () => (await import("./variants/staged.ts")).staged,
  },
  { name: "direct", when: () => true, form: async () => (await import("./variants/direct.ts")).direct },
];
