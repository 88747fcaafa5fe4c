import { type Caps, caps, createBuffer, defaultDevice } from "./device.ts";
import { KernelError } from "./error.ts";
import { type Bindable, compile, type Dispatch, type Draft, draft, record } from "./plan.ts";
import { execute } from "./run.ts";
import { decode, encode, type GpuTensor, type HostTensor, type Result, sizeOf, type TensorType, typeOf } from "./tensor.ts";
import type { Params, ParamType, Problem, Tile, Variant } from "./variant.ts";

/** How a kernel uses an operand; `?` may be left out. `inout` is updated in place (a KV cache, an optimiser's state). */
export type Role = "in" | "in?" | "out" | "out?" | "inout";
export type Operands = { readonly [name: string]: Role };

type Names<O extends Operands, R extends Role> = { [K in keyof O]: O[K] extends R ? K : never }[keyof O] & string;
type IsUnion<T, U = T> = T extends U ? ([U] extends [T] ? false : true) : never;

/** What a caller gives: required inputs, and optional ones. */
export type Inputs<O extends Operands, T> = { readonly [K in Names<O, "in" | "inout">]: T } & { readonly [K in Names<O, "in?">]?: T | undefined };
/** What a kernel gives by name. */
export type Outputs<O extends Operands, T> = { readonly [K in Names<O, "out" | "inout">]: T } & { readonly [K in Names<O, "out?">]?: T };
/** One output: the thing itself. Several: a record of them. */
export type Returned<O extends Operands, T> = IsUnion<Names<O, "out" | "out?" | "inout">> extends false ? T : Outputs<O, T>;
/** Buffers for every operand. */
export type Buffers<O extends Operands> = { readonly [K in Names<O, "in" | "out" | "inout">]: Bindable } & { readonly [K in Names<O, "in?" | "out?">]?: Bindable | undefined };
type Given<T> = { readonly [operand: string]: T | undefined };

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

/** What an author writes. {@link defineKernel} makes a {@link Kernel} of it. */
export interface Definition<O extends Operands, P extends string, Options, Spec> {
  readonly name: string;
  /** Buffers in binding order: in, in?, out, out?, inout. At most 8 with scratch. */
  readonly operands: O;
  /** Numbers that change from call to call; at most 16. */
  readonly params: { readonly [K in P]: ParamType };
  /** All shape inference, checks and choices; pure and synchronous. Throws KernelError. */
  resolve(inputs: Inputs<O, TensorType>, options: Options): Resolved<O, P, Spec>;
  /** In order of preference. */
  readonly variants: readonly Variant<P, Spec>[];
  /** Plain loops summed in float64: the definition of correct. */
  reference(problem: Problem<P, Spec>, inputs: Inputs<O, ArrayLike<number>>): Outputs<O, Float64Array>;
  /** How far each output element of a correct evaluation may be from the reference. */
  bound(problem: Problem<P, Spec>, inputs: Inputs<O, ArrayLike<number>>, reference: Outputs<O, Float64Array>): Outputs<O, Float64Array>;
  cost(problem: Problem<P, Spec>): Cost;
}

export interface Choice {
  /** By name; the kernel's own choice unless given. */
  readonly variant?: string | undefined;
  readonly tile?: Tile | undefined;
}

export interface RunHow extends Choice {
  /** The device; a lazily made default in browsers. */
  readonly device?: GPUDevice | undefined;
  /** `"cpu"` evaluates the reference. Nothing else does. */
  readonly on?: "gpu" | "cpu" | undefined;
  /** Params that differ from what the shapes and options say. */
  readonly params?: { readonly [name: string]: number } | undefined;
}

export interface PlanHow extends Choice {
  /** Params given anew at each record, with the most each can be. */
  readonly dynamic?: { readonly [name: string]: number } | undefined;
  /** Watch every bind with an error scope; `checked()` then tells what WebGPU found. */
  readonly debug?: boolean | undefined;
}

/** A compiled call for given shapes: records into your encoder. */
export interface Plan<O extends Operands, P extends string = string, Spec = unknown> extends Omit<Draft<P, Spec>, "stages" | "scratch"> {
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

export interface Kernel<O extends Operands, P extends string = string, Options = object, Spec = unknown> extends Definition<O, P, Options, Spec> {
  /**
   * Host arrays in, host arrays out (GPU tensors are taken as inputs too).
   * @throws KernelError with what was given, what was needed and the remedy.
   */
  run(inputs: Inputs<O, HostTensor | GpuTensor>, options?: Options, how?: RunHow): Promise<Returned<O, Result>>;
  /** Compiles the call for these shapes on your device. */
  plan(device: GPUDevice, inputs: Inputs<O, TensorType | HostTensor>, options?: Options, how?: PlanHow): Promise<Plan<O, P, Spec>>;
  /** The whole shader of each dispatch, as a device with `can` would get it (the best by default). */
  source(inputs: Inputs<O, TensorType | HostTensor>, options?: Options, how?: Choice, can?: Partial<Caps>): readonly string[];
  /** Checked and inferred: params, spec and the types of all operands. */
  problem(inputs: Inputs<O, TensorType | HostTensor>, options?: Options): Problem<P, Spec>;
}

/** All that a modern device has; what `source` shows unless told otherwise. */
export const BEST_CAPS: Caps = {
  f16: true,
  subgroups: true,
  immediates: true,
  timestamps: true,
  software: false,
  maxInvocations: 1024,
  maxWorkgroupBytes: 32768,
  maxStorageBuffers: 10,
  maxBinding: 2 ** 31 - 4,
  maxBuffer: 2 ** 31 - 4,
  vendor: "",
  architecture: "",
};

export const showTile = (tile: Tile): string => Object.values(tile).join("x");

/** Why a device cannot run a variant with a tile on a problem, if so. */
export function refusal<P extends string, Spec>(variant: Variant<P, Spec>, tile: Tile, problem: Problem<P, Spec>, can: Caps): string | undefined {
  const { invocations, workgroupBytes = 0, subgroups } = variant.needs(tile);
  if (subgroups && !can.subgroups) return "it needs the device feature subgroups";
  if (invocations > can.maxInvocations) return `its workgroups have ${invocations} threads; this device allows ${can.maxInvocations}`;
  if (workgroupBytes > can.maxWorkgroupBytes) return `it needs ${workgroupBytes} bytes of workgroup memory; this device allows ${can.maxWorkgroupBytes}`;
  return variant.refuses?.(problem, can);
}

/** The variant and tile asked for, else the first variant that fits with its first tile that the device can run. */
export function choose<P extends string, Spec>(
  { name, variants }: { readonly name: string; readonly variants: readonly Variant<P, Spec>[] },
  problem: Problem<P, Spec>,
  can: Caps,
  { variant: wanted, tile: given }: Choice,
): { variant: Variant<P, Spec>; tile: Tile } {
  const candidates = wanted === undefined ? variants : variants.filter((v) => v.name === wanted);
  if (candidates.length === 0) throw new KernelError(name, "feature", `there is no variant "${wanted}"; there are ${variants.map((v) => v.name).join(", ")}.`);
  let reason = "";
  for (const forced of wanted === undefined ? [false, true] : [true]) {
    for (const variant of candidates) {
      if (!forced && !variant.when(problem, can)) continue;
      for (const tile of given ? [given] : variant.tiles) {
        const why = refusal(variant, tile, problem, can);
        if (why === undefined) return { variant, tile };
        reason = `variant "${variant.name}" with tile ${showTile(tile)} does not run here: ${why}.`;
      }
    }
  }
  throw new KernelError(name, "feature", reason);
}

/** A kernel: one frozen plain object. */
export function defineKernel<const O extends Operands, P extends string, Options extends object, Spec>(
  definition: Definition<O, P, Options, Spec>,
): Kernel<O, P, Options, Spec> {
  const { name, operands, reference } = definition;

  function infer(inputs: Given<TensorType | HostTensor>, options: Options) {
    const given: Record<string, TensorType> = {};
    for (const [operand, role] of Object.entries(operands)) {
      const input = inputs[operand];
      if (role.startsWith("out") || (role === "in?" && !input)) continue;
      if (!input) throw new KernelError(name, "shape", `${operand} is missing; needed is a tensor { data, shape }.`);
      given[operand] = typeOf(name, operand, input);
    }
    for (const key of Object.keys(inputs)) {
      if (!operands[key]?.startsWith("in")) throw new KernelError(name, "shape", `it has no input ${key}; its inputs are ${Object.keys(operands).filter((o) => operands[o]!.startsWith("in")).join(", ")}.`);
    }
    const resolved = definition.resolve(given as Inputs<O, TensorType>, options);
    return { ...resolved, problem: { params: resolved.params, spec: resolved.spec, types: { ...given, ...resolved.outputs } } as Problem<P, Spec> };
  }

  const outs = Object.keys(operands).filter((operand) => operands[operand]!.startsWith("out") || operands[operand] === "inout");
  const pick = <T>(values: Given<T>): Returned<O, T> => (outs.length === 1 ? values[outs[0]!] : values) as Returned<O, T>;

  const kernel: Kernel<O, P, Options, Spec> = {
    ...definition,

    problem: (inputs, options) => infer(inputs, options ?? ({} as Options)).problem,

    source(inputs, options, how = {}, can) {
      const able = { ...BEST_CAPS, ...can };
      const { problem } = infer(inputs, options ?? ({} as Options));
      const { variant, tile } = choose(definition, problem, able, how);
      return draft(definition, problem, variant, tile, able).stages.map(({ code }) => code);
    },

    async plan(device, inputs, options, how = {}) {
      const { problem, outputs, dynamic: open = [] } = infer(inputs, options ?? ({} as Options));
      for (const [param, most] of Object.entries(how.dynamic ?? {})) {
        if (!open.includes(param as P)) throw new KernelError(name, "shape", `${param} cannot change from call to call here; ${open.join(", ") || "nothing"} can.`);
        if (definition.params[param as P] !== "f32" && problem.params[param as P] < most) throw new KernelError(name, "shape", `${param} can be ${most}, but the shapes given to plan hold ${problem.params[param as P]}. Plan with the largest shape.`);
      }
      const { variant, tile } = choose(definition, problem, caps(device), how);
      const { stages, scratch, ...made } = draft(definition, problem, variant, tile, caps(device));
      const compiled = await compile(device, definition, { ...made, stages, scratch }, how.dynamic !== undefined);

      let work: Record<string, GPUBuffer> | undefined;
      const kept: { buffers: Buffers<O>; dispatches: readonly Dispatch[] }[] = [];
      const scopes: Promise<GPUError | null>[] = [];
      function bind(buffers: Buffers<O>): readonly Dispatch[] {
        work ??= Object.fromEntries(Object.entries(scratch).map(([key, type]) => [key, createBuffer(device, sizeOf(type), GPUBufferUsage.STORAGE, key)]));
        if (how.debug) device.pushErrorScope("validation");
        try {
          return compiled.bind({ ...(buffers as Given<Bindable>), ...work });
        } finally {
          if (how.debug) scopes.push(device.popErrorScope());
        }
      }
      return {
        ...made,
        device,
        outputs,
        code: stages.map(({ code }) => code),
        cost: definition.cost(problem),
        bind,
        record(pass, buffers, params) {
          let known = kept.find((k) => sameBuffers(k.buffers, buffers));
          if (!known) {
            known = { buffers: { ...buffers }, dispatches: bind(buffers) };
            if (kept.push(known) > 8) kept.shift();
          }
          if (how.dynamic) {
            for (const [param, value] of Object.entries(params ?? {})) {
              const most = how.dynamic[param];
              if (most === undefined || (definition.params[param as P] !== "f32" && !(value >= 0 && value <= most))) throw new KernelError(name, "shape", `${param} is ${value}; it was planned as ${most === undefined ? "fixed" : `at most ${most}`}.`);
            }
            compiled.update(known.dispatches, params ?? {});
          }
          record(pass, known.dispatches);
        },
        async checked() {
          for (const error of await Promise.all(scopes.splice(0))) if (error) throw new KernelError(name, "buffer", error.message);
        },
        destroy() {
          for (const buffer of Object.values(work ?? {})) buffer.destroy();
          compiled.destroy();
        },
      };
    },

    async run(inputs, options, how = {}) {
      const given: Given<HostTensor | GpuTensor> = inputs;
      if (how.on === "cpu") {
        const { types, ...problem } = kernel.problem(inputs, options);
        const numbers: Record<string, ArrayLike<number>> = {};
        for (const [key, input] of Object.entries(given)) {
          if (!input) continue;
          if (!("data" in input)) throw new KernelError(name, "buffer", `${key} is on the GPU; on: "cpu" needs host arrays.`);
          numbers[key] = decode({ data: input.data, dtype: types[key]!.dtype });
        }
        const values: Given<Float64Array> = reference({ ...problem, types, params: { ...problem.params, ...how.params } }, numbers as never);
        return pick(Object.fromEntries(Object.entries(values).map(([key, v]) => [key, { ...types[key]!, data: encode(v!, types[key]!.dtype) }])));
      }
      const device = how.device ?? (await defaultDevice(name));
      const plan = await kernel.plan(device, inputs, options, { ...how, dynamic: how.params });
      return pick(await execute({ ...plan, kernel: name } as never, given, outs.filter((key) => key in plan.problem.types), how.params));
    },
  };
  return Object.freeze(kernel);

  function sameBuffers(a: Given<Bindable>, b: Given<Bindable>): boolean {
    for (const key in operands) {
      const [x, y] = [a[key], b[key]];
      if (x === y) continue;
      if (!x || !y || !("buffer" in x) || !("buffer" in y) || x.buffer !== y.buffer || (x.offset ?? 0) !== (y.offset ?? 0)) return false;
    }
    return true;
  }
}
