import { countOf, defineKernel, fail, sizeOf, type TensorType, wgsl } from "@tilewright/runtime";
import { bytes, type Flat, variants } from "./frame.ts";
import { isFloat } from "./movement.ts";
import { noMore } from "./options.ts";
import { PHILOX, SEED_PARAMS, type Seeded, type SeedParams, seedOf } from "./philox.ts";

export type DropoutParams = "n" | "threshold" | "scale" | SeedParams;
export interface DropoutOptions extends Seeded {
  /** The share that becomes 0, in [0, 1]; default 0.5. */
  readonly rate?: number | undefined;
}

/**
 * y = x / (1 - rate), but 0 where the random word of seed, offset and place says so. No mask is stored: for the gradient, apply it
 * to dy with the same numbers. Change seed or offset from step to step.
 */
export const dropout = /* @__PURE__ */ defineKernel({
  name: "dropout",
  operands: { x: "in", y: "out" },
  params: { n: "u32", threshold: "u32", scale: "f32", ...SEED_PARAMS },
  resolve({ x }: { readonly x: TensorType }, { rate = 0.5, seed, offset, ...more }: DropoutOptions) {
    noMore("dropout", more, "rate, seed, offset");
    if (!isFloat(x.dtype)) fail("dropout", "dtype", `x is ${x.dtype}; needed is f32 or f16.`);
    if (!(rate >= 0 && rate <= 1)) fail("dropout", "shape", `rate is ${rate}; needed is a number from 0 to 1.`);
    const n = countOf(x.shape);
    return {
      params: {
        n,
        threshold: Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1),
        scale: rate < 1 ? Math.fround(1 / (1 - rate)) : 0,
        ...seedOf("dropout", { seed, offset }),
      },
      spec: { vec: n % 4 === 0, dtype: x.dtype } as Flat,
      outputs: { y: x },
      dynamic: ["seed", "offset"] as const,
    };
  },
  variants: /* @__PURE__ */ variants<DropoutParams, Flat>({
    lanes: () => ({ x: 4 }),
    text: (_, lanes) =>
      PHILOX +
      (lanes === 4
        ? wgsl`
fn element(i: u32) -> vec4f { return select(vec4f(), p.scale * load_x(i >> 2u), bits(i >> 2u) >= vec4u(p.threshold)); }
`
        : wgsl`
fn element(i: u32) -> f32 { let words = bits(i >> 2u); return select(0.0, p.scale * load_x(i), words[i & 3u] >= p.threshold); }
`),
  }),
  proof: () => import("./proofs/dropout.ts"),
  cost: ({ params: { n }, types }) => ({ flops: n, bytes: bytes({ types }, sizeOf) }),
});
