// A factory of kernels that make one number of each row.
import { countOf, type DType, defineKernel, fail, type Kernel, type Problem, sizeOf, type TensorType } from "@tilewright/runtime";
import { ALL, checkDtype, FLOATS, type Scalar, scalarOf } from "./dtypes.ts";
import { axesOf, type Layout, layoutOf, reducedShape, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import type { ReductionName } from "./proofs/reduce.ts";
import { reducing } from "./variants.ts";

export interface ReduceOptions {
  /** Which to reduce, negative ones counted from the end. Default all; `[]` reduces nothing. */
  axes?: number | readonly number[] | undefined;
  /** Reduced axes stay, with size 1. Default false. */
  keepDims?: boolean | undefined;
  /** Of the output; x's unless given. Sums are f32 either way. */
  dtype?: DType | undefined;
}

export interface ArgOptions {
  /** Which to search; all of x, flat, unless given. */
  axis?: number | undefined;
  keepDims?: boolean | undefined;
  /** Of equal elements the last counts. Default false: the first. */
  selectLast?: boolean | undefined;
}

export interface ReduceSpec extends Layout {
  /** Of x, as values are: f16 is f32. */
  readonly scalar: Scalar;
  readonly dtype: DType;
  readonly last: boolean;
}

export type ReduceProblem = Problem<ViewParam, ReduceSpec>;
export type Reduction<Options extends object = ReduceOptions> = Kernel<{ x: "in"; y: "out" }, ViewParam, Options, ReduceSpec>;

/** What stands of a reduction on a page before it runs; how it is computed: text/reduce.ts. */
export interface Entry {
  /** Which dtypes x may have. */
  readonly takes: readonly DType[];
  /** The result's dtype, where it is not x's. */
  readonly gives?: DType;
  /** Integers are taken as float32, and so is the result. */
  readonly real?: boolean;
}

function resolved(
  kernel: string,
  entry: Entry,
  x: TensorType,
  axes: readonly number[],
  { keepDims = false, dtype: wanted }: ReduceOptions,
  last = false,
) {
  const { takes, real = false } = entry;
  const gives = entry.gives ?? (real && !FLOATS.includes(x.dtype) ? "f32" : undefined);
  const dtype = wanted ?? gives ?? x.dtype;
  checkDtype(kernel, x, takes);
  if (dtype !== x.dtype && dtype !== gives && !(FLOATS.includes(x.dtype) && FLOATS.includes(dtype) && !gives))
    fail(
      kernel,
      "dtype",
      `it cannot make ${dtype} of ${x.dtype}; ${gives ?? (FLOATS.includes(x.dtype) ? "f32 or f16" : x.dtype)} is what it makes.`,
    );
  const view = viewOf(kernel, x.shape, axes);
  return {
    params: viewParams(view),
    spec: { ...layoutOf(view), scalar: scalarOf(real ? "f32" : x.dtype), dtype, last } satisfies ReduceSpec,
    outputs: { y: { shape: reducedShape(x.shape, axes, keepDims), dtype } },
  };
}

function unknownOption(kernel: string, options: object, known: readonly string[]): void {
  for (const key in options)
    if (!known.includes(key)) fail(kernel, "feature", `there is no option ${key}; there are ${known.join(", ")}.`);
}

/** Everything of a reduction but its options. */
function common(name: ReductionName, entry: Entry) {
  return {
    name,
    operands: { x: "in", y: "out" } as const,
    params: VIEW_PARAMS,
    variants: reducing<ViewParam, ReduceSpec>(async () => (await import("./text/reduce.ts")).program(name, entry.real)),
    proof: async () => (await import("./proofs/reduce.ts")).proof(name),
    cost: ({ types }: ReduceProblem) => ({
      flops: countOf(types["x"]!.shape),
      bytes: sizeOf(types["x"]!) + sizeOf(types["y"]!),
    }),
  };
}

export function reduction(name: ReductionName, entry: Entry): Reduction {
  return defineKernel({
    ...common(name, entry),
    resolve({ x }, options: ReduceOptions) {
      unknownOption(name, options, ["axes", "keepDims", "dtype"]);
      return resolved(name, entry, x, axesOf(name, x.shape.length, options.axes), options);
    },
  });
}

export function search(name: "argMax" | "argMin"): Reduction<ArgOptions> {
  const entry: Entry = { takes: ALL, gives: "i32" };
  return defineKernel({
    ...common(name, entry),
    resolve({ x }, options: ArgOptions) {
      unknownOption(name, options, ["axis", "keepDims", "selectLast"]);
      const axes = axesOf(name, x.shape.length, options.axis);
      const made = resolved(name, entry, x, axes, { keepDims: options.keepDims }, options.selectLast);
      if (made.spec.empty && made.params.rows > 0)
        fail(name, "shape", `x is ${x.shape.join("x")}: of no elements there is no best. Leave empty tensors out.`);
      return made;
    },
  });
}
