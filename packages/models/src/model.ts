// A model: what its layers compute, its parameters, and the two ways to run it.
import {
  defaultDevice,
  encode,
  fail,
  type HostTensor,
  type Named,
  type Net,
  originOf,
  program,
  type Result,
  type RunHow,
  type Tape,
  type TensorType,
  tape,
  tensor,
  type Value,
} from "@tilewright/runtime";
import { evaluate, type Numbers, numbersOf } from "./cpu.ts";
import type { Parameter, Placed, Scope } from "./layer.ts";
import { free, place, readSlot } from "./storage.ts";
import { summarise } from "./summary.ts";
import { type Trace, trace } from "./trace.ts";

/** Inputs by name; those after `?` may be left out. */
export type Given<I extends string, Optional extends string, T> = { readonly [K in I]: T } & {
  readonly [K in Optional]?: T | undefined;
};

export interface Definition<I extends string, Optional extends string, O extends string> {
  readonly name: string;
  /** Writes the model's calls. */
  forward(scope: Scope, inputs: Given<I, Optional, Value>): { readonly [K in O]: Value };
  /** Inputs for which to build it at once, where its sizes do not depend on them. */
  readonly sample?: Given<I, Optional, TensorType>;
  /** The parameter that a stored tensor is for; undefined for one that is not read. The same name unless given. */
  rename?(name: string): string | undefined;
}

export interface Model<I extends string = string, Optional extends string = never, O extends string = string>
  extends Definition<I, Optional, O> {
  /** By name, in the order of their first use. Lazily built models have none before `build`, `compile` or `run`. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Infers all shapes and makes the parameters that are missing, without a device and without values. @throws KernelError */
  build(inputs: Given<I, Optional, TensorType>): Built<O>;
  /** A compiled program for these shapes; the parameters move to the device. Other shapes are other programs that share them. */
  compile(
    device: GPUDevice,
    inputs: Given<I, Optional, TensorType>,
    how?: { readonly onProgress?: (done: number, total: number) => void },
  ): Promise<Net<O>>;
  /**
   * Host arrays in, host arrays out; without a device on a lazily made default one (browsers). The program for the last shapes is kept.
   * `on: "cpu"` evaluates the kernels' references.
   */
  run(inputs: Given<I, Optional, HostTensor>, how?: Pick<RunHow, "device" | "on">): Promise<{ readonly [K in O]: Result }>;
  /** Layers, output shapes and parameters; of the inputs it was last built with unless given. */
  summary(inputs?: Given<I, Optional, TensorType>): string;
  /** Frees the parameters' buffers and the program that `run` keeps. The model can be used again, with its first values. */
  destroy(): void;
}

/** A model's calls without a device. */
export interface Built<O extends string = string> extends Trace {
  readonly tape: Tape;
  readonly outputs: { readonly [K in O]: Value };
}

/** @param seed of the parameters' first values; each has its own numbers, whatever the others are. */
export function defineModel<I extends string, Optional extends string = never, O extends string = string>(
  definition: Definition<I, Optional, O>,
  { seed = 0 }: { readonly seed?: number | undefined } = {},
): Model<I, Optional, O> {
  type Types = Given<I, Optional, TensorType>;
  const parameters = new Map<string, Parameter>();
  let last: Types | undefined = definition.sample;
  let kept: { readonly key: string; readonly device: GPUDevice; readonly net: Net<O> } | undefined;
  let queue: Promise<unknown> = Promise.resolve(); // a program is not freed while it runs

  const declare = (into: Tape, types: Types) =>
    Object.fromEntries(
      Object.entries<TensorType | undefined>(types).flatMap(([name, type]) => (type ? [[name, into.input(name, type)]] : [])),
    ) as unknown as Given<I, Optional, Value>;

  const typesOf = (inputs: Given<I, Optional, HostTensor>): Types =>
    Object.fromEntries(
      Object.entries<HostTensor | undefined>(inputs).flatMap(([name, given]) => {
        if (!given) return [];
        const dtype = (definition.sample as Named<TensorType> | undefined)?.[name]?.dtype;
        const { data, shape } = given;
        return [[name, tensorType(data, shape, given.dtype ?? (Array.isArray(data) ? dtype : undefined))]];
      }),
    ) as unknown as Types;

  const model: Model<I, Optional, O> = {
    ...definition,
    parameters,

    build(types) {
      const into = tape();
      const fresh = new Map(parameters);
      const traced = trace(into, fresh, ({ shape, dtype }) => into.constant({ shape, dtype }), seed);
      const outputs = definition.forward(traced.scope, declare(into, types));
      for (const [name, parameter] of fresh) parameters.set(name, parameter); // only now: a build that failed leaves nothing
      last = types;
      return { ...traced, tape: into, outputs };
    },

    async compile(device, types, how) {
      model.build(types);
      for (const parameter of parameters.values()) await place(parameter, device);
      const p = program(device);
      const traced = trace(p, parameters, ({ value }) => p.constant(value as Placed));
      const net = await p.compile(definition.forward(traced.scope, declare(p, types)), how);
      return {
        ...net,
        destroy() {
          net.destroy();
          p.destroy();
        },
      };
    },

    async run(inputs, { device: given, on = "gpu" } = {}) {
      const types = typesOf(inputs);
      // Copied now: runs queue up and wait, and the caller's arrays are his again.
      const taken = Object.fromEntries(
        Object.entries<HostTensor | undefined>(inputs).flatMap(([name, one]) =>
          one ? [[name, { ...one, data: (one.data as Float32Array).slice() }]] : [],
        ),
      );
      if (on === "cpu") return onCpu(model.build(types), taken);
      const key = JSON.stringify(types);
      const one = queue.then(async () => {
        const device = given ?? (await defaultDevice(definition.name));
        if (kept?.key !== key || kept.device !== device) {
          kept?.net.destroy();
          kept = undefined; // so that a compilation that fails leaves none
          kept = { key, device, net: await model.compile(device, types) };
        }
        return kept.net.run(taken);
      });
      queue = one.catch(() => {});
      return one;
    },

    summary(types = last) {
      if (!types) fail(definition.name, "shape", "it is not built yet: summary needs inputs, { x: { shape, dtype } }.");
      return summarise(definition.name, model.build(types), parameters);
    },

    destroy() {
      kept?.net.destroy();
      kept = undefined;
      for (const parameter of parameters.values()) free(parameter);
    },
  };
  if (definition.sample) model.build(definition.sample);
  return model;
}

const tensorType = (data: HostTensor["data"], shape: readonly number[], dtype: HostTensor["dtype"]): TensorType => {
  const { dtype: own } = tensor(data as number[], shape, dtype);
  return { shape, dtype: own };
};

async function onCpu<O extends string>(
  { tape: written, outputs, used }: Built<O>,
  inputs: Named<HostTensor | undefined>,
): Promise<{ readonly [K in O]: Result }> {
  const given = new Map<Value, Numbers>();
  for (const [name, value] of written.inputs) given.set(value, numbersOf(inputs[name]!, value));
  for (const [value, slot] of used) given.set(value, numbersOf(await readSlot(slot), value));
  for (const [value, constant] of written.constants)
    if (!given.has(value)) given.set(value, numbersOf(constant as HostTensor, value));
  const numbers = await evaluate(written, (value) => given.get(value)!);
  return Object.fromEntries(
    Object.entries<Value>(outputs).map(([name, value]) => [
      name,
      { shape: value.shape, dtype: value.dtype, data: encode(numbers.get(originOf(value))!, value.dtype) },
    ]),
  ) as { readonly [K in O]: Result };
}
