// Random tensors, the same on every device.
import { countOf, defineKernel, fail, type Kernel, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import type { Names, Op } from "./expression.ts";
import { bytes, type Flat, variants } from "./frame.ts";
import { noMore } from "./options.ts";
import { PHILOX, SEED_PARAMS, type Seeded, type SeedParams, seedOf } from "./philox.ts";
import { cosOp, log1pUnitOp, sinOp } from "./special.ts";

/** One element, or four, of what `four(i)` makes of piece i. */
const element = (lanes: 1 | 4, four: string): string =>
  lanes === 4
    ? `${four}\nfn element(i: u32) -> vec4f { return four(i >> 2u); }\n`
    : `${four}\nfn element(i: u32) -> f32 { let v = four(i >> 2u); return v[i & 3u]; }\n`;

export interface RandomOptions extends Seeded {
  readonly shape: readonly number[];
  /** Default f32. */
  readonly dtype?: "f32" | "f16" | undefined;
}

/** A kernel { } → y of two numbers, one to shift and one to stretch. */
function random<A extends string, B extends string>(
  name: "uniform" | "normal",
  [shift, stretch]: readonly [A, B],
  defaults: readonly [number, number],
  parts: {
    readonly four: string;
    /** y = a + (b - a) x, else a + b x. */
    between: boolean;
  },
) {
  type P = "n" | A | B | SeedParams;
  type Options = RandomOptions & { readonly [K in A | B]?: number | undefined };
  const [a, b] = [`p.${shift}`, `p.${stretch}`];
  return defineKernel({
    name,
    operands: { y: "out" },
    params: { n: "u32", [shift]: "f32", [stretch]: "f32", ...SEED_PARAMS } as unknown as Record<P, "u32" | "f32">,
    resolve(
      _: object,
      { shape, dtype = "f32", seed, offset, [shift]: first = defaults[0], [stretch]: second = defaults[1], ...more }: Options,
    ) {
      noMore(name, more, `shape, dtype, seed, offset, ${shift}, ${stretch}`);
      if (!Array.isArray(shape)) fail(name, "shape", "options.shape is missing: the shape of y.");
      if (dtype !== "f32" && dtype !== "f16") fail(name, "dtype", `options.dtype is ${dtype}; needed is f32 or f16.`);
      const n = countOf(shape);
      if (n > 2 ** 32)
        fail(
          name,
          "limit",
          `y ${showShape(shape)} has more than 2^32 elements. Make it in parts, each with an offset of its own.`,
        );
      return {
        params: {
          n,
          [shift]: Math.fround(Number(first)),
          [stretch]: Math.fround(Number(second)),
          ...seedOf(name, { seed, offset }),
        } as unknown as Record<P, number>,
        spec: { vec: n % 4 === 0, dtype } as Flat,
        outputs: { y: { shape, dtype } as TensorType },
        dynamic: [shift, stretch, "seed", "offset"] as readonly P[],
      };
    },
    variants: variants<P, Flat>({
      text: (_, lanes) =>
        PHILOX +
        element(
          lanes,
          `${parts.four}\nfn four(i: u32) -> vec4f { return ${a} + ${parts.between ? `(${b} - ${a})` : b} * draw(i); }`,
        ),
    }),
    proof: async () => (await import("./proofs/random.ts")).proof(name, shift, stretch) as never,
    cost: ({ params, types }) => ({ flops: 10 * (params as Record<string, number>)["n"]!, bytes: bytes({ types }, sizeOf) }),
  }) as unknown as Kernel<{ readonly y: "out" }, P, Options, Flat>;
}

/** y uniform in [low, high), default [0, 1): 24 random bits of each word. The same numbers on every device, in any shape of one count. */
export const uniform = /* @__PURE__ */ random("uniform", ["low", "high"], [0, 1], {
  four: "fn draw(i: u32) -> vec4f { return vec4f(bits(i) >> vec4u(8u)) * 5.9604645e-8; }",
  between: true,
});

const names: Names = { kind: "f32", T: "f32", U: "u32", I: "i32" };
const define = (op: Op): string => `fn f_${op.name}(x: f32) -> f32 { ${op.body(names)} }`;

/**
 * y normal with `mean` (0) and `deviation` (1): Box and Muller 1958, doi:10.1214/aoms/1177706645, from two words for two numbers.
 * -2 ln u keeps its digits near u = 1 by a series.
 */
export const normal = /* @__PURE__ */ random("normal", ["mean", "deviation"], [0, 1], {
  four: /* @__PURE__ */ (() => `${[sinOp, cosOp, log1pUnitOp].map(define).join("\n")}
fn pair(a: u32, b: u32) -> vec2f {
  let u = (f32(a >> 9u) + 0.5) * 1.1920929e-7;
  let v = 1.0 - u;
  let radius = sqrt(2.0 * select(-log(u), f_log1p_unit(v / u), u > 0.5));
  let angle = 6.2831855 * (f32(b >> 8u) * 5.9604645e-8);
  return radius * vec2f(f_cos(angle), f_sin(angle));
}
fn draw(i: u32) -> vec4f { let w = bits(i); return vec4f(pair(w.x, w.y), pair(w.z, w.w)); }`)(),
  between: false,
});
