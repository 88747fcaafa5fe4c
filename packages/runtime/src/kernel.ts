import { assertAlive, type Caps, caps, createBuffer } from "./caps.ts";
import { type Choice, choiceOn } from "./choose.ts";
import { type Draft, draft } from "./draft.ts";
import { fail } from "./error.ts";
import { type Bindable, compile, type Dispatch, record } from "./plan.ts";
import { type GpuTensor, type HostTensor, type Named, type Result, sizeOf, type TensorType, typeOf } from "./tensor.ts";
import type { ListedVariant, Params, ParamType, Problem } from "./variant.ts";

/** How a kernel uses an operand; `?` may be left out. `inout` is updated in place (a KV cache, an optimiser's state). */
export type Role = "in" | "in?" | "out" | "out?" | "inout";
export type Operands = { readonly [name: string]: Role };

type Names<O extends Operands, R extends Role> = { [K in keyof O]: O[K] extends R ? K : never }[keyof O] & string;
type IsUnion<T, U = T> = T extends U ? ([U] extends [T] ? false : true) : never;

/** What a caller gives: required inputs, and optional ones. */
export type Inputs<O extends Operands, T> = { readonly [K in Names<O, "in" | "inout">]: T } & {
  readonly [K in Names<O, "in?">]?: T | undefined;
};
/** What a kernel gives by name. */
export type Outputs<O extends Operands, T> = { readonly [K in Names<O, "out" | "inout">]: T } & {
  readonly [K in Names<O, "out?">]?: T;
};
/** One output: the thing itself. Several: a record of them. */
export type Returned<O extends Operands, T> = IsUnion<Names<O, "out" | "out?" | "inout">> extends false ? T : Outputs<O, T>;
/** Buffers for every operand. */
export type Buffers<O extends Operands> = { readonly [K in Names<O, "in" | "out" | "inout">]: Bindable } & {
  readonly [K in Names<O, "in?" | "out?">]?: Bindable | undefined;
};
export interface Resolved<O extends Operands, P extends string, Spec> {
  readonly params: Params<P>;
  readonly spec: Spec;
  readonly outputs: Outputs<O, TensorType>;
  /** Params that a plan may leave open, being at most what they are here. */
  readonly dynamic?: readonly P[];
}

export interface Cost {
  readonly flops: number;
  /** Each input read once, each output written once. */
  readonly bytes: number;
}

/** What says that a kernel is right; the explicit CPU path is its `reference`. */
export interface Proof<O extends Operands, P extends string, Spec> {
  /** Plain loops summed in float64: the definition of correct. */
  reference(problem: Problem<P, Spec>, inputs: Inputs<O, ArrayLike<number>>): Outputs<O, Float64Array>;
  /** How far each output element of a correct evaluation may be from the reference. */
  bound(
    problem: Problem<P, Spec>,
    inputs: Inputs<O, ArrayLike<number>>,
    reference: Outputs<O, Float64Array>,
  ): Outputs<O, Float64Array>;
}

/** What an author writes. {@link defineKernel} makes a {@link Kernel} of it. */
export interface Definition<O extends Operands, P extends string, Options, Spec> {
  readonly name: string;
  /** Buffers in binding order: in, in?, out, out?, inout. At most 8 with scratch. */
  readonly operands: O;
  /** Numbers that change from call to call; at most 16. */
  readonly params: { readonly [K in P]: ParamType };
  /** All shape inference, checks and choices; pure and synchronous. Throws KernelError. */
  resolve(inputs: Inputs<O, TensorType>, options: Options): Resolved<O, P, Spec>;
  /** In order of preference: the first that is good here is taken. */
  readonly variants: readonly ListedVariant<P, Spec>[];
  /** The reference and its bounds, imported when first asked for: who plans and records does not download them. */
  proof(): Promise<Proof<O, P, Spec>>;
  cost(problem: Problem<P, Spec>): Cost;
  /** What a tune table tells problems apart by, where not all: the params that are sizes (else every u32), the parts of spec that matter (else each). */
  readonly tuneBy?: { readonly params?: readonly P[]; readonly spec?: readonly (keyof Spec & string)[] };
}

export interface RunHow extends Choice {
  /** The device; a lazily made default in browsers. */
  readonly device?: GPUDevice | undefined;
  /** `"cpu"` evaluates the reference. Nothing else does. */
  readonly on?: "gpu" | "cpu" | undefined;
  /** Params that differ from what the shapes and options say (`m` of matmul: fewer rows are computed; the result keeps its shape, the rest is zero). */
  readonly params?: { readonly [name: string]: number } | undefined;
}

export interface PlanHow extends Choice {
  /** Params given anew at each record, with the most each can be. */
  readonly dynamic?: { readonly [name: string]: number } | undefined;
  /** Watch every bind with an error scope; `checked()` then tells what WebGPU found. */
  readonly debug?: boolean | undefined;
}

/** A compiled call for given shapes: records into your encoder. */
export interface Plan<O extends Operands, P extends string = string, Spec = unknown> extends Draft<P, Spec> {
  readonly device: GPUDevice;
  /** The WGSL of each dispatch. */
  readonly code: readonly string[];
  readonly outputs: Outputs<O, TensorType>;
  readonly cost: Cost;
  /** Binds a set of buffers once, for {@link record}. */
  bind(buffers: Buffers<O>): readonly Dispatch[];
  /** Records the call into a pass; the bind groups of the last few sets of buffers are kept. */
  record(pass: GPUComputePassEncoder, buffers: Buffers<O>, params?: { readonly [name: string]: number }): void;
  /** With `debug`: settles when WebGPU has checked all binds so far. @throws KernelError `buffer` */
  checked(): Promise<void>;
  /** Frees the plan's scratch and uniforms; pipelines stay cached. */
  destroy(): void;
}

export interface Kernel<O extends Operands, P extends string = string, Options = object, Spec = unknown>
  extends Definition<O, P, Options, Spec> {
  /**
   * Host arrays in, host arrays out (GPU tensors are taken as inputs too).
   * @param options what the kernel means
   * @param how where and how it runs: `{ device, variant, tile, on, params }`
   * @throws KernelError with what was given, what was needed and the remedy.
   */
  run(inputs: Inputs<O, HostTensor | GpuTensor>, options?: Options, how?: RunHow): Promise<Returned<O, Result>>;
  /** Compiles the call for these shapes on your device. */
  plan(
    device: GPUDevice,
    inputs: Inputs<O, TensorType | HostTensor>,
    options?: Options,
    how?: PlanHow,
  ): Promise<Plan<O, P, Spec>>;
  /** The whole shader of each dispatch, as a device with `can` would get it (the best by default). */
  source(
    inputs: Inputs<O, TensorType | HostTensor>,
    options?: Options,
    how?: Choice,
    can?: Partial<Caps>,
  ): Promise<readonly string[]>;
  /** Checked and inferred: params, spec and the types of all operands. */
  problem(inputs: Inputs<O, TensorType | HostTensor>, options?: Options): Problem<P, Spec>;
}

/** What says how a kernel runs, and is easily given one argument too early. */
const HOW = ["device", "variant", "tile", "on", "params", "dynamic"];

/** A kernel: one frozen plain object. */
export function defineKernel<const O extends Operands, P extends string, Options extends object, Spec>(
  definition: Definition<O, P, Options, Spec>,
): Kernel<O, P, Options, Spec> {
  const { name, operands } = definition;
  const names = Object.keys(operands);

  function infer(inputs: Named<TensorType | HostTensor | undefined>, options = {} as Options) {
    const types: Record<string, TensorType> = {};
    for (const key of HOW)
      if (key in options)
        fail(
          name,
          "feature",
          `${key} is no option of the kernel. It belongs in the argument behind: run(inputs, options, { ${key} }).`,
        );
    const known = names.filter((operand) => operands[operand]!.startsWith("in"));
    for (const key in inputs)
      if (!known.includes(key)) fail(name, "shape", `it has no input ${key}; its inputs are ${known.join(", ")}.`);
    for (const key of known) {
      const input = inputs[key];
      if (input) types[key] = typeOf(name, key, input);
      else if (operands[key] !== "in?") fail(name, "shape", `${key} is missing; needed is a tensor { data, shape }.`);
    }
    const { params, spec, outputs, dynamic: open = [] } = definition.resolve(types as Inputs<O, TensorType>, options);
    const problem: Problem<P, Spec> = { params, spec, open, types: { ...types, ...(outputs as Named<TensorType>) } };
    return { problem, outputs };
  }

  const kernel: Kernel<O, P, Options, Spec> = {
    ...definition,

    problem: (inputs, options) => infer(inputs, options).problem,

    source: async (inputs, options, how, can) =>
      (await import("./source.ts")).source(definition as never, infer(inputs, options).problem, how, can),

    async plan(device, inputs, options, how = {}) {
      const { problem, outputs } = infer(inputs, options);
      const { dynamic } = how;
      if (dynamic) (await import("./dynamic.ts")).checkDynamic(definition, problem, dynamic);
      const choice = await choiceOn(device, definition as never, problem as Problem, how);
      const made: Draft<P, Spec> = await draft(definition as never, problem, caps(device), choice);
      const compiled = await compile(device, made, dynamic);
      const scopes: Promise<GPUError | null>[] = [];
      const kept: { buffers: Named<Bindable | undefined>; dispatches: readonly Dispatch[] }[] = [];
      let work: Named<GPUBuffer> | undefined;

      function bind(buffers: Named<Bindable | undefined>): readonly Dispatch[] {
        work ??= Object.fromEntries(
          Object.entries(made.scratch).map(([key, type]) => [
            key,
            createBuffer(device, sizeOf(type), GPUBufferUsage.STORAGE, key),
          ]),
        );
        if (how.debug) device.pushErrorScope("validation");
        try {
          return Object.freeze(compiled.bind({ ...buffers, ...work }));
        } finally {
          if (how.debug) scopes.push(device.popErrorScope());
        }
      }

      return {
        ...made,
        device,
        outputs,
        code: made.stages.map(({ code }) => code),
        cost: definition.cost(problem),
        bind,
        record(pass, buffers, params = {}) {
          assertAlive(name, device);
          let known = kept.find((k) => names.every((key) => same(k.buffers[key], (buffers as Named<Bindable | undefined>)[key])));
          if (!known) {
            known = { buffers: { ...buffers }, dispatches: bind(buffers) };
            if (kept.push(known) > 8) kept.shift();
          }
          if (dynamic || Object.keys(params).length) compiled.update(pass, known.dispatches, params);
          record(pass, known.dispatches);
        },
        async checked() {
          for (const error of await Promise.all(scopes.splice(0))) if (error) fail(name, "buffer", error.message);
        },
        destroy() {
          for (const key in work) work[key]!.destroy();
          compiled.destroy();
        },
      };
    },

    // The simple style lies in a part of its own, fetched when first used: who records into an encoder does not pay for it.
    // The inputs are copied now: the caller may change his arrays as soon as he has the promise.
    run: async (inputs, options, how) => {
      const taken = Object.fromEntries(
        Object.entries<HostTensor | GpuTensor | undefined>(inputs).map(([key, t]) => [key, t && snapshot(t)]),
      );
      return (await import("./run.ts")).run(kernel, taken as typeof inputs, options, how);
    },
  };
  return Object.freeze(kernel);
}

/** A tensor whose host data nobody else holds. */
export const snapshot = <T extends HostTensor | GpuTensor | TensorType>(given: T): T => {
  const data = (given as Partial<HostTensor>).data as Float32Array | undefined;
  return data?.slice ? { ...given, data: data.slice() } : given;
};

const bufferOf = (bindable: Bindable): GPUBuffer => ("buffer" in bindable ? bindable.buffer : bindable);
const offsetOf = (bindable: Bindable): number => ("buffer" in bindable ? (bindable.offset ?? 0) : 0);

/** Whether two bindings are one: a buffer alone is the buffer from 0. */
function same(a: Bindable | undefined, b: Bindable | undefined): boolean {
  if (!a || !b) return a === b;
  return bufferOf(a) === bufferOf(b) && offsetOf(a) === offsetOf(b);
}
