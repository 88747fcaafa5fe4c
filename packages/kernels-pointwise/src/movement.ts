// Kernels that only move: every element of y is one of x's, or a filling. Any type; numbers come through as they are (denormal ones may be 0).
import {
  countOf,
  type DType,
  defineKernel,
  type Kernel,
  type Problem,
  sizeOf,
  type TensorType,
  type Variant,
  wgsl,
} from "@tilewright/runtime";
import { bytes, type Flat, kindOf, type Parts, type Tile, variants } from "./frame.ts";

export interface Moved extends Flat {
  /** Four neighbours of y are four neighbours of x; else all four are one element. */
  readonly splat?: boolean | undefined;
  /** x is empty: y is nothing but the filling. */
  readonly hollow?: boolean | undefined;
}

type Numbers = ArrayLike<number>;
type Values = Readonly<Record<string, Numbers>>;

export interface Movement<I extends string, P extends string, Options, Spec extends Moved> {
  readonly name: string;
  /** Besides x. */
  readonly inputs: readonly I[];
  readonly params: { readonly [K in P]: "u32" | "i32" };
  resolve(
    types: { readonly [K in I | "x"]: TensorType },
    options: Options,
  ): { readonly params: { readonly [K in P]: number }; readonly spec: Spec; readonly shape: readonly number[] };
  /** WGSL of `source(i: u32) -> u32`: where in x element i of y lies, NONE for the filling. */
  source(spec: Spec): string;
  /** The same in plain arithmetic; -1 for the filling. */
  from(problem: Problem<P | "n", Spec>, values: Values): (i: number) => number;
  /** Ways of its own, preferred to the common two. */
  readonly ways?: readonly Variant<P | "n", Spec, Tile>[];
  /** Neighbours of y never lie side by side in x. */
  readonly scattered?: boolean;
  /** The filling; 0 unless given. Its param is `fill`, as bits. */
  readonly fills?: boolean;
}

/** Numbers as the bits of a type, for a u32 param. */
export function bitsOf(value: number, dtype: DType): number {
  if (dtype === "f32" || dtype === "f16") return new Uint32Array(Float32Array.of(value).buffer)[0]!;
  return value >>> 0;
}
export const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f16";

export type Mover<I extends string, P extends string, Options, Spec> = Kernel<
  { readonly x: "in" } & { readonly [K in I]: "in" } & { readonly y: "out" },
  P | "n",
  Options,
  Spec
>;

export function movement<I extends string, P extends string, Options extends object, Spec extends Moved>({
  name,
  inputs,
  params,
  resolve,
  source,
  from,
  ways = [],
  scattered = false,
  fills = false,
}: Movement<I, P, Options, Spec>): Mover<I, P, Options, Spec> {
  const parts: Parts<Spec> = {
    lanes: ({ splat }) => ({ x: splat ? 1 : 4 }),
    text(spec, lanes) {
      const kind = kindOf(spec.dtype);
      const T = lanes === 1 ? kind : `vec4<${kind}>`;
      const load = lanes === 1 ? "load_x(at)" : spec.splat ? `${T}(load_x(at))` : "load_x(at >> 2u)";
      const filling = fills ? `${T}(bitcast<${kind}>(p.fill))` : `${T}()`;
      return wgsl`
const NONE = 0xffffffffu;
${source(spec)}

fn element(i: u32) -> ${T} {
  let at = source(i);
  if (at == NONE) { return ${filling}; }
  return ${spec.hollow ? filling : load};
}
`;
    },
  };
  return defineKernel({
    name,
    operands: Object.fromEntries([["x", "in"], ...inputs.map((input) => [input, "in"]), ["y", "out"]]) as Record<
      string,
      "in" | "out"
    >,
    params: { n: "u32", ...params } as Record<P | "n", "u32" | "i32">,
    resolve(types: Readonly<Record<string, TensorType>>, options: Options) {
      const made = resolve(types as never, options);
      return {
        params: { ...made.params, n: countOf(made.shape) } as Record<P | "n", number>,
        spec: made.spec,
        outputs: { y: { shape: made.shape, dtype: made.spec.dtype } },
      };
    },
    variants: [...(ways as unknown as readonly Variant<P | "n", Spec>[]), ...variants<P | "n", Spec>(parts, !scattered)],
    proof: async () => (await import("./proofs/movement.ts")).proof(from as never, fills) as never,
    cost: ({ types }) => ({ flops: 0, bytes: bytes({ types }, sizeOf) }),
  }) as unknown as Mover<I, P, Options, Spec>;
}

/** Lengths behind each dimension. */
export const stridesOf = (shape: readonly number[]): number[] => shape.map((_, d) => countOf(shape.slice(d + 1)));

/** WGSL of an index counted from either end, clamped to what there is. */
export const WRAPPED = `fn wrapped(index: i32, size: u32) -> u32 {
  return u32(clamp(select(index, index + i32(size), index < 0), 0, i32(size) - 1));
}`;
export const wrapped = (index: number, size: number): number => Math.min(Math.max(index < 0 ? index + size : index, 0), size - 1);
