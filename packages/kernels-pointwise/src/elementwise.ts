// A kernel of an expression: y = e(x, …) for every element, inputs broadcast as in NumPy. All unary, binary and fused kernels are this.
import { countOf, type DType, defineKernel, fail, type Kernel, sizeOf, type TensorType, wgsl } from "@tilewright/runtime";
import { broadcast } from "./broadcast.ts";
import { type Applied, type Expression, type Kinds, toWgsl, typed } from "./expression.ts";
import { bytes, type Flat, kindOf, variants } from "./frame.ts";
import { noMore } from "./options.ts";

/** Numbers of the operation, and the type of a float result. */
export type ElementwiseOptions<P extends string> = { readonly [K in P]?: number | undefined } & {
  /** Of a float output; the first float input's unless given. */
  readonly dtype?: "f32" | "f16" | undefined;
};

/** Elements of y in all, and sizes of its merged dimensions but the outermost, innermost first. */
export type Geometry = "n" | "d0" | "d1" | "d2" | "d3" | "d4";
export const GEOMETRY = { n: "u32", d0: "u32", d1: "u32", d2: "u32", d3: "u32", d4: "u32" } as const;

export interface Spec extends Flat {
  readonly kinds: Kinds;
  /** Merged dimensions of y, innermost first: the numbers of the inputs that have each. */
  readonly groups: readonly string[];
}

export type Elementwise<I extends string, P extends string> = Kernel<
  { readonly [K in I]: "in" } & { readonly y: "out" },
  P | Geometry,
  ElementwiseOptions<P>,
  Spec
> & {
  /** What it computes of one element, for {@link pointwise}. */
  readonly expression: Applied;
  readonly inputs: readonly I[];
  /** Its numbers with their defaults. */
  readonly defaults: { readonly [K in P]: number };
};

/** `at_x`: where each input has its element for element i of y. One line for each group, innermost first. */
export function indices(inputs: readonly string[], groups: readonly string[]): string {
  const lines: string[] = [];
  const steps = inputs.map(() => "");
  const terms = inputs.map((): string[] => []);
  groups.forEach((group, g) => {
    const last = g === groups.length - 1;
    lines.push(
      last
        ? `let c${g} = ${g ? `r${g}` : "i"};`
        : `let c${g} = ${g ? `r${g}` : "i"} % p.d${g}; let r${g + 1} = ${g ? `r${g}` : "i"} / p.d${g};`,
    );
    for (const digit of group) {
      const k = Number(digit);
      terms[k]!.push(`c${g}${steps[k]}`);
      steps[k] += ` * p.d${g}`;
    }
  });
  return [...lines, ...inputs.map((name, k) => `let at_${name} = ${terms[k]!.join(" + ") || "0u"};`)].join("\n  ");
}

/** y = expression of the inputs, element by element. Params are rounded to f32. */
export function elementwise<const I extends string, P extends string = never>(
  name: string,
  inputs: readonly I[],
  expression: Applied,
  defaults = {} as { readonly [K in P]: number },
): Elementwise<I, P> {
  const numbers = Object.keys(defaults) as P[];
  const stepsOf = (spec: Spec, k: number) => spec.groups[0]?.includes(String(k));

  const count = (e: Expression): number =>
    typeof e === "object" && "op" in e ? 1 + e.args.reduce((sum: number, arg) => sum + count(arg), 0) : 0;
  const kernel = defineKernel({
    name,
    operands: Object.fromEntries([...inputs.map((input) => [input, "in"]), ["y", "out"]]) as Record<string, "in" | "out">,
    params: { ...GEOMETRY, ...Object.fromEntries(numbers.map((key) => [key, "f32"])) } as Record<P | Geometry, "u32" | "f32">,

    resolve(given: Readonly<Record<string, TensorType>>, { dtype, ...own }: ElementwiseOptions<P>) {
      const types = inputs.map((input) => given[input]!);
      const { shape, sizes, groups } = broadcast(
        name,
        inputs,
        types.map((type) => type.shape),
      );
      const kinds: Kinds = Object.fromEntries(inputs.map((input, k) => [input, kindOf(types[k]!.dtype)]));
      const { kind = "f32", from, wrong } = typed(expression, kinds);
      if (wrong)
        fail(name, "dtype", `${wrong}. Its inputs are ${inputs.map((input, k) => `${input}: ${types[k]!.dtype}`).join(", ")}.`);
      if (dtype !== undefined && (kind !== "f32" || (dtype !== "f32" && dtype !== "f16")))
        fail(
          name,
          "dtype",
          `options.dtype is ${dtype}; the result here is ${kind === "f32" ? "f32 or f16" : `${kind}, always`}.`,
        );
      const values: Record<string, number> = { ...defaults };
      const whole = Object.values(kinds).every((k) => k !== "f32");
      for (const key in own) {
        const value: number | undefined = own[key as never];
        if (!(key in defaults)) noMore(name, { [key]: 0 }, [...numbers, "dtype"].join(", "));
        if (value === undefined) continue;
        if (typeof value !== "number" || (whole && Number.isFinite(value) && (value % 1 || Math.abs(value) > 2 ** 24)))
          fail(
            name,
            "dtype",
            `${key} is ${value}; needed is a number, of integer tensors an integer up to 2^24. Larger ones go in a tensor.`,
          );
        values[key] = Math.fround(value);
      }
      const [d0 = 1, d1 = 1, d2 = 1, d3 = 1, d4 = 1] = sizes;
      const type = types.find((t) => kindOf(t.dtype) === "f32")?.dtype ?? "f32";
      const result: DType = kind === "f32" ? (dtype ?? type) : from ? given[from as I]!.dtype : kind;
      return {
        params: { ...values, n: countOf(shape), d0, d1, d2, d3, d4 } as Record<P | Geometry, number>,
        spec: { vec: d0 % 4 === 0, dtype: result, kinds, groups } as Spec,
        outputs: { y: { shape, dtype: result } },
        dynamic: numbers as readonly (P | Geometry)[],
      };
    },

    variants: variants<P | Geometry, Spec>({
      lanes: (spec) => Object.fromEntries(inputs.map((input, k) => [input, stepsOf(spec, k) ? 4 : 1])),
      text(spec, lanes) {
        const read = (input: string) => {
          const kind = spec.kinds[input]!;
          if (lanes === 1) return `load_${input}(at_${input})`;
          return stepsOf(spec, inputs.indexOf(input as I))
            ? `load_${input}(at_${input} >> 2u)`
            : `vec4<${kind}>(load_${input}(at_${input}))`;
        };
        const { functions, expression: e } = toWgsl(expression, spec.kinds, lanes, read);
        const kind = kindOf(spec.dtype);
        return wgsl`
${functions}

fn element(i: u32) -> ${lanes === 1 ? kind : `vec4<${kind}>`} {
  ${indices(inputs, spec.groups)}
  return ${e};
}
`;
      },
    }),

    proof: async () => (await import("./proofs/elementwise.ts")).proof(inputs, numbers, expression),
    cost: ({ params: { n }, types }) => ({ flops: n * count(expression), bytes: bytes({ types }, sizeOf) }),
  });
  return Object.freeze({ ...kernel, expression, inputs, defaults }) as unknown as Elementwise<I, P>;
}
