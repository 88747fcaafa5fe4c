// Random numbers from a counter: element i is a function of the seed and of i alone, so that every adapter makes the same.
// Philox4x32-10: Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3, doi:10.1145/2063384.2063405
import { countOf, defineKernel, fail, type Kernel, showShape, sizeOf, type TensorType, wgsl } from "@tilewright/runtime";
import { logError, stored, ULP } from "./accuracy.ts";
import type { Names, Op } from "./expression.ts";
import { bytes, type Flat, variants } from "./frame.ts";
import { isFloat } from "./movement.ts";
import { noMore } from "./options.ts";
import { cosOp, log1pUnitOp, sinOp } from "./special.ts";

/** `bits(i)`: the four words of elements 4i … 4i + 3. Products of 32 bits by halves: WGSL has no wider type. */
const PHILOX = wgsl`
fn high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}
fn bits(i: u32) -> vec4u {
  var c = vec4u(i, p.offset, 0u, 0u);
  var key = vec2u(p.seed, p.seedHigh);
  for (var round = 0u; round < 10u; round++) {
    c = vec4u(high(0xcd9e8d57u, c.z) ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high(0xd2511f53u, c.x) ^ c.w ^ key.y, 0xd2511f53u * c.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`;

/** The same on the host: four words of a counter and a key. */
export function philox(counter: readonly number[], key: readonly number[]): readonly number[] {
  let [a, b, c, d] = counter.map((word) => BigInt(word >>> 0)) as [bigint, bigint, bigint, bigint];
  let [k, l] = key.map((word) => BigInt(word >>> 0)) as [bigint, bigint];
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const [x, y] = [0xd2511f53n * a, 0xcd9e8d57n * c];
    [a, b, c, d] = [(y >> 32n) ^ b ^ k, y & mask, (x >> 32n) ^ d ^ l, x & mask];
    k = (k + 0x9e3779b9n) & mask;
    l = (l + 0xbb67ae85n) & mask;
  }
  return [a, b, c, d].map(Number);
}

/** What every random kernel is told. */
export interface Seeded {
  /** An integer from 0 to 2⁵³; default 0. */
  readonly seed?: number | undefined;
  /** Tells draws of one seed from each other (a layer, a step); default 0. */
  readonly offset?: number | undefined;
}
type SeedParams = "seed" | "seedHigh" | "offset";
const SEED_PARAMS = { seed: "u32", seedHigh: "u32", offset: "u32" } as const;

function seedOf(who: string, { seed = 0, offset = 0 }: Seeded) {
  if (!Number.isSafeInteger(seed) || seed < 0) fail(who, "shape", `seed is ${seed}; needed is an integer from 0 to 2^53.`);
  if (!Number.isInteger(offset) || offset < 0 || offset >= 2 ** 32)
    fail(who, "shape", `offset is ${offset}; needed is an integer from 0 to 2^32 - 1.`);
  return { seed: seed >>> 0, seedHigh: Math.floor(seed / 2 ** 32), offset };
}

/** The four words behind element i. */
const wordsOf = ({ seed, seedHigh, offset }: { readonly [K in SeedParams]: number }) => {
  let [at, words] = [-1, [] as readonly number[]];
  return (i: number): readonly number[] => {
    const piece = i >> 2;
    if (piece !== at) [at, words] = [piece, philox([piece, offset, 0, 0], [seed, seedHigh])];
    return words;
  };
};

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
  name: string,
  [shift, stretch]: readonly [A, B],
  defaults: readonly [number, number],
  parts: {
    readonly four: string;
    /** Element i in [0, 1) or of mean 0, from its words; and its error. */
    value(words: readonly number[], i: number): readonly [number, number];
    /** y = a + (b - a) x, else a + b x. */
    between: boolean;
  },
) {
  type P = "n" | A | B | SeedParams;
  type Options = RandomOptions & { readonly [K in A | B]?: number | undefined };
  const [a, b] = [`p.${shift}`, `p.${stretch}`];
  const scaled = ({ params }: { readonly params: { readonly [K in P]: number } }) => {
    const low = params[shift];
    const factor = parts.between ? Math.fround(params[stretch] - low) : params[stretch];
    const words = wordsOf(params);
    return Array.from({ length: params.n }, (_, i) => {
      const [value, error] = parts.value(words(i), i);
      const y = low + factor * value;
      return [y, Math.abs(factor) * error + ULP * (2 * Math.abs(factor * value) + Math.abs(y))] as const;
    });
  };
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
    reference: (problem) => ({ y: Float64Array.from(scaled(problem as never), ([y]) => y) }),
    bound: (problem) => ({
      y: Float64Array.from(scaled(problem as never), ([y, error]) => error + stored(y, problem.spec.dtype)),
    }),
    cost: ({ params, types }) => ({ flops: 10 * (params as Record<string, number>)["n"]!, bytes: bytes({ types }, sizeOf) }),
  }) as unknown as Kernel<{ readonly y: "out" }, P, Options, Flat>;
}

/** y uniform in [low, high), default [0, 1): 24 random bits of each word. The same numbers on every device, in any shape of one count. */
export const uniform = /* @__PURE__ */ random("uniform", ["low", "high"], [0, 1], {
  four: "fn draw(i: u32) -> vec4f { return vec4f(bits(i) >> vec4u(8u)) * 5.9604645e-8; }",
  value: (words, i) => [(words[i & 3]! >>> 8) * 2 ** -24, 0],
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
  value(words, i) {
    const [a, b] = i & 2 ? [words[2]!, words[3]!] : [words[0]!, words[1]!];
    const u = ((a >>> 9) + 0.5) * 2 ** -23;
    const half = -Math.log(u);
    const radius = Math.sqrt(2 * half);
    const angle = 2 * Math.PI * (b >>> 8) * 2 ** -24;
    const value = radius * (i & 1 ? Math.sin(angle) : Math.cos(angle));
    const off = u > 0.5 ? 14 * ULP * half : logError(u);
    return [value, off / radius + 6 * ULP * radius + radius * 14 * ULP];
  },
  between: false,
});

type DropoutParams = "n" | "threshold" | "scale" | SeedParams;
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
  variants: variants<DropoutParams, Flat>({
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
  reference: ({ params }, { x }) => {
    const words = wordsOf(params);
    return { y: Float64Array.from(x, (value, i) => (words(i)[i & 3]! >= params.threshold ? params.scale * value : 0)) };
  },
  bound: ({ spec, params }, { x }, { y }) => ({
    y: y.map(
      (value, i) =>
        stored(value, spec.dtype) +
        ULP * Math.abs(value) +
        (value !== 0 && Math.abs(x[i]!) < 2 ** -14
          ? Math.min(Math.abs(value), params.scale * (spec.dtype === "f16" ? 2 ** -14 : 2 ** -126))
          : 0),
    ),
  }),
  cost: ({ params: { n }, types }) => ({ flops: n, bytes: bytes({ types }, sizeOf) }),
});
