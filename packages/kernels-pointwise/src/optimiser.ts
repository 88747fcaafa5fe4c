// One step of an optimiser, in place and in one dispatch for each tensor. A step is a list of expressions, which give text, reference and bound.
import {
  type Caps,
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  showShape,
  sizeOf,
  type TensorType,
  type Variant,
  wgsl,
} from "@tilewright/runtime";
import { type Applied, type Expression, type Kinds, toWgsl } from "./expression.ts";
import { bytes, type Flat, main, pieces, sharing, type Tile } from "./frame.ts";
import { isFloat } from "./movement.ts";
import { noMore } from "./options.ts";

/** Inputs of a step: the weights, their gradient, one factor of all gradients (a clip of the global norm, 1 / loss scale), and the states. */
export type OptimiserOperands<S extends string> = {
  readonly weights: "inout";
  readonly gradient: "in";
  readonly factor: "in?";
} & {
  readonly [K in S]: "inout";
} & { readonly half: "out?" };

export interface OptimiserSpec extends Flat {
  readonly types: { readonly [operand: string]: DType };
  /** What changes the steps: nesterov, amsgrad … */
  readonly flags: { readonly [flag: string]: boolean };
}

type Value = Expression & object;
export interface Steps<S extends string, N extends string, F extends string> {
  readonly name: string;
  readonly states: readonly S[];
  /** Numbers and flags of the options with their defaults. */
  readonly numbers: { readonly [K in N]: number };
  readonly flags: { readonly [K in F]: boolean };
  /** Params made of the numbers: rates that fold several into one. */
  readonly params: readonly string[];
  derive(numbers: { readonly [K in N]: number }, flags: { readonly [K in F]: boolean }): { readonly [param: string]: number };
  /** New values in order, each over the old ones and those before it; `weights` and each state once, others are steps between. */
  steps(
    value: (name: string) => Value,
    param: (name: string) => Value,
    flags: { readonly [K in F]: boolean },
  ): readonly (readonly [name: string, e: Applied])[];
}

export type OptimiserOptions<N extends string, F extends string> = { readonly [K in N]?: number | undefined } & {
  readonly [K in F]?: boolean | undefined;
} & {
  /** Also write the new weights as f16 to `half`, the copy that the forward pass reads. */
  readonly half?: boolean | undefined;
};
export type Optimiser<S extends string, N extends string, F extends string> = Kernel<
  OptimiserOperands<S>,
  string,
  OptimiserOptions<N, F>,
  OptimiserSpec
>;

const input = (name: string): Value => ({ input: name });
const param = (name: string): Value => ({ param: name });

/**
 * A kernel that updates weights and states in place. All tensors have the shape of the weights, each f32 or f16 (sums are f32);
 * factor is one f32. Numbers are params: plan with `dynamic` to change them from step to step.
 */
export function optimiser<const S extends string, const N extends string, const F extends string>(
  what: Steps<S, N, F>,
): Optimiser<S, N, F> {
  const { name, states, numbers, flags } = what;
  const kept = ["weights", ...states];
  const read = ["weights", "gradient", ...states];
  const programs = new Map<string, readonly (readonly [string, Applied])[]>();
  const stepsOf = (spec: OptimiserSpec) => {
    const key = JSON.stringify(spec.flags);
    let steps = programs.get(key);
    if (!steps)
      programs.set(key, (steps = what.steps((key) => input(key === "gradient" ? "scaled" : key), param, spec.flags as never)));
    return steps;
  };
  const kindsOf = (steps: readonly (readonly [string, Applied])[]): Kinds =>
    Object.fromEntries([...read, "scaled", ...steps.map(([step]) => `new_${step}`)].map((key) => [key, "f32"]));

  const lanesFor = (spec: OptimiserSpec, caps: Caps, vec: boolean) => {
    const most = vec ? 4 : Math.max(...Object.values(spec.types).map((dtype) => sharing(dtype, caps)));
    const each = Object.entries(spec.types).map(
      ([key, dtype]) => [key, vec && key !== "factor" ? 4 : sharing(dtype, caps)] as const,
    );
    return { most: most as 1 | 2 | 4, each: Object.fromEntries(each) as Record<string, 1 | 2 | 4> };
  };

  /** Four elements a thread; else one; else, where halves share a word, two. */
  const variant = (vec: boolean): Variant<string, OptimiserSpec, Tile> => ({
    name: vec ? "vec4" : "scalar",
    tiles: [{ threads: 64, per: 1 }],
    needs: ({ threads }) => ({ invocations: threads }),
    when: ({ spec }) => spec.vec === vec,
    refuses: ({ spec }) => (vec && !spec.vec ? "the count of weights is no multiple of 4" : undefined),
    lanes: (spec, caps) => lanesFor(spec, caps, vec).each,
    workgroups: ({ params }, { threads }) => Math.ceil(params["n"]! / (vec ? 4 : 1) / threads),
    wgsl(spec, tile, caps) {
      const { most, each } = lanesFor(spec, caps, vec);
      const steps = stepsOf(spec);
      const kinds = kindsOf(steps);
      const own = read.filter((key) => spec.types[key]);
      const wide = vec ? 4 : 1;
      const texts = steps.map(([step, e]) => [step, toWgsl(e, kinds, wide as 1 | 4, (key) => key)] as const);
      const functions = new Set(texts.flatMap(([, { functions }]) => functions.split("\n")));
      const T = vec ? "vec4f" : "f32";
      const body = `  let scaled = gradient${spec.types["factor"] ? " * load_factor(0u)" : ""};
  ${texts.map(([step, { expression }]) => `let new_${step} = ${expression};`).join("\n  ")}`;
      const results = kept.filter((key) => spec.types[key]);
      const targets = [...results, ...(spec.types["half"] ? ["half"] : [])];
      const value = (key: string) => `new_${key === "half" ? "weights" : key}`;
      // Where halves share a word a thread has two elements; operands of whole words are read and written one by one.
      const loads = (k: number) =>
        own
          .map((key) =>
            each[key] === 2 ? `load_${key}(i)[${k}u]` : `load_${key}(${most === 2 ? `min(2u * i + ${k}u, p.n - 1u)` : "i"})`,
          )
          .join(", ");
      const stores = (key: string) =>
        most < 2 || vec
          ? `store_${key}(i, a.${key});`
          : each[key] === 2
            ? `store_${key}(i, vec2f(a.${key}, b.${key}));`
            : `store_${key}(2u * i, a.${key}); if (2u * i + 1u < p.n) { store_${key}(2u * i + 1u, b.${key}); }`;
      return wgsl`
${[...functions].join("\n")}

struct Updated { ${targets.map((key) => `${key}: ${T}`).join(", ")} }
fn update(${own.map((key) => `${key}: ${T}`).join(", ")}) -> Updated {
${body}
  return Updated(${targets.map(value).join(", ")});
}
fn put(i: u32) {
  let a = update(${loads(0)});
  ${most === 2 ? `let b = update(${loads(1)});` : ""}
  ${targets.map(stores).join("\n  ")}
}
${main(tile, pieces(vec ? 4 : most), "put(i);")}`;
    },
  });

  return defineKernel({
    name,
    operands: Object.fromEntries([
      ["weights", "inout"],
      ["gradient", "in"],
      ["factor", "in?"],
      ...states.map((state) => [state, "inout"]),
      ["half", "out?"],
    ]) as unknown as OptimiserOperands<S>,
    params: { n: "u32", ...Object.fromEntries(what.params.map((key) => [key, "f32"])) } as Record<string, "u32" | "f32">,
    resolve(given: object, { half = false, ...own }: OptimiserOptions<N, F>) {
      const types = given as Readonly<Record<string, TensorType | undefined>>;
      const set: Record<string, number> = { ...numbers };
      const turned: Record<string, boolean> = { ...flags };
      for (const key in own) {
        const value: unknown = own[key as never];
        if (value === undefined) continue;
        const number = key in numbers;
        if (!number && !(key in flags))
          noMore(name, { [key]: 0 }, [...Object.keys(numbers), ...Object.keys(flags), "half"].join(", "));
        if (typeof value !== (number ? "number" : "boolean"))
          fail(name, "dtype", `${key} is ${value}; needed is a ${number ? "number" : "boolean"}.`);
        if (number) set[key] = value as number;
        else turned[key] = value as boolean;
      }
      const weights = types["weights"]!;
      for (const key of ["gradient", ...states]) {
        if (`${types[key]?.shape}` !== `${weights.shape}`)
          fail(
            name,
            "shape",
            `${key} is ${showShape(types[key]!.shape)} and weights is ${showShape(weights.shape)}; they must be alike.`,
          );
      }
      for (const [key, type] of Object.entries(types))
        if (type && !isFloat(type.dtype)) fail(name, "dtype", `${key} is ${type.dtype}; needed is f32 or f16.`);
      const { factor } = types;
      if (factor && (countOf(factor.shape) !== 1 || factor.dtype !== "f32"))
        fail(name, "shape", `factor is ${factor.dtype} ${showShape(factor.shape)}; needed is one f32.`);
      const n = countOf(weights.shape);
      const outputs = {
        weights,
        ...Object.fromEntries(states.map((state) => [state, types[state]!])),
        ...(half && { half: { shape: weights.shape, dtype: "f16" as const } }),
      };
      const all = { ...types, ...outputs } as Record<string, TensorType | undefined>;
      const made = what.derive(set as never, turned as never);
      return {
        params: { n, ...Object.fromEntries(what.params.map((key) => [key, Math.fround(made[key]!)])) },
        spec: {
          vec: n % 4 === 0,
          dtype: weights.dtype,
          types: Object.fromEntries(Object.entries(all).flatMap(([key, type]) => (type ? [[key, type.dtype]] : []))),
          flags: turned,
        } as OptimiserSpec,
        outputs: outputs as never,
        dynamic: what.params,
      };
    },
    variants: [variant(true), variant(false)] as unknown as readonly Variant<string, OptimiserSpec>[],
    proof: async () =>
      (await import("./proofs/optimiser.ts")).proof(kept, read, (spec) => [stepsOf(spec), kindsOf(stepsOf(spec))]) as never,
    cost: ({ params, types }) => ({
      flops: 10 * params["n"]!,
      bytes: bytes({ types }, sizeOf) + kept.reduce((sum, key) => sum + (types[key] ? sizeOf(types[key]) : 0), 0),
    }),
  }) as unknown as Optimiser<S, N, F>;
}
