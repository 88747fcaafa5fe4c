// Building kernels: of one operation, and of a whole chain of them in one dispatch.
import { fail } from "@tilewright/runtime";
import { type Elementwise, elementwise } from "./elementwise.ts";
import type { Applied, Expression, Op } from "./expression.ts";

/** A kernel of one operation over x. */
export const unary = <P extends string = never>(op: Op, defaults?: { readonly [K in P]: number }): Elementwise<"x", P> =>
  elementwise(
    op.name,
    ["x"],
    { op, args: [{ input: "x" }, ...Object.keys(defaults ?? {}).map((param) => ({ param }))] },
    defaults,
  );

/** A kernel of one operation over a and b. */
export const binary = (op: Op): Elementwise<"a" | "b", never> =>
  elementwise(op.name, ["a", "b"], { op, args: [{ input: "a" }, { input: "b" }] });

/** What `of` can apply: a kernel of this package that works element by element, or an operation of your own. */
export type Applicable = Op | Pick<Elementwise<string, string>, "expression" | "inputs" | "defaults">;

/**
 * A kernel's operation on other expressions, its inputs in order: `of(mul, x, of(sigmoid, x))`.
 * Numbers of the operation come last, by name: `of(leakyRelu, x, { alpha: 0.2 })`; those left out keep their defaults.
 */
export function of(what: Applicable, ...given: readonly (Expression | { readonly [param: string]: Expression })[]): Applied {
  const isExpression = (e: (typeof given)[number]): e is Expression =>
    typeof e === "number" || ["op", "input", "param"].some((key) => key in e);
  const args = given.filter(isExpression);
  const named = given.find((e) => !isExpression(e)) as { readonly [param: string]: Expression } | undefined;
  if (!("expression" in what)) {
    if (args.length !== what.f.length || named)
      fail("pointwise", "shape", `${what.name} takes ${what.f.length} arguments, and was given ${given.length}.`);
    return { op: what, args };
  }
  const { expression, inputs, defaults } = what;
  if (args.length !== inputs.length)
    fail("pointwise", "shape", `${expression.op.name} takes ${inputs.join(", ")}, and was given ${args.length} expressions.`);
  for (const key in named)
    if (!(key in defaults))
      fail(
        "pointwise",
        "feature",
        `${expression.op.name} has no number ${key}; it has ${Object.keys(defaults).join(", ") || "none"}.`,
      );
  const replace = (e: Expression): Expression => {
    if (typeof e === "number") return e;
    if ("input" in e) return args[inputs.indexOf(e.input)]!;
    if ("param" in e) return named?.[e.param] ?? defaults[e.param]!;
    return { op: e.op, args: e.args.map(replace) };
  };
  return replace(expression) as Applied;
}

/**
 * A kernel of your own: a chain of operations fused into one dispatch, with its reference, error bound and cost.
 *
 *     const biasGelu = pointwise("biasGelu", ["x", "bias"], ({ x, bias }) => of(gelu, of(add, x, bias)));
 *
 * Inputs broadcast as in NumPy; the output is `y`. `numbers` become options with these defaults (and params of the shader, so that they may
 * change without another compile): `pointwise("scaled", ["x"], ({ x }, { s }) => of(mul, x, s), { s: 1 })`.
 * @param inputs at most 7
 */
export function pointwise<const I extends string, P extends string = never>(
  name: string,
  inputs: readonly I[],
  build: (inputs: { readonly [K in I]: Expression }, numbers: { readonly [K in P]: Expression }) => Applied,
  numbers?: { readonly [K in P]: number },
): Elementwise<I, P> {
  for (const input of inputs)
    if (!/^[a-z]\w*$/i.test(input) || ["y", "p", "i"].includes(input) || inputs.indexOf(input) !== inputs.lastIndexOf(input))
      fail(name, "shape", `an input is called ${input}; needed are words, each once, and none of y, p and i.`);
  if (inputs.length > 7) fail(name, "limit", `it has ${inputs.length} inputs; a dispatch binds 8 buffers, so at most 7.`);
  if (Object.keys(numbers ?? {}).length > 10)
    fail(name, "limit", `it has ${Object.keys(numbers!).length} numbers; at most 10 fit.`);
  const byName = Object.fromEntries(inputs.map((input) => [input, { input }])) as unknown as { readonly [K in I]: Expression };
  const params = Object.fromEntries(Object.keys(numbers ?? {}).map((param) => [param, { param }])) as unknown as {
    readonly [K in P]: Expression;
  };
  return elementwise(name, inputs, build(byName, params), numbers);
}
