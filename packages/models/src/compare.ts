// Where a model's GPU numbers leave the error bounds of its kernels.
import {
  decode,
  download,
  type GpuTensor,
  type HostTensor,
  type Named,
  originOf,
  program,
  type Result,
  type TensorType,
  tensor,
  type Value,
} from "@tilewright/runtime";
import { errorOf } from "@tilewright/runtime/cases";
import { inputsOf, type Numbers, numbersOf } from "./cpu.ts";
import type { Parameter, Placed } from "./layer.ts";
import type { Given, Model } from "./model.ts";
import { place, readSlot } from "./storage.ts";
import { layerOf, trace } from "./trace.ts";

/** An element outside its bound. */
export interface Difference {
  /** Path and kind of the innermost layer that made the call. */
  readonly layer: string;
  readonly kind: string;
  readonly kernel: string;
  readonly operand: string;
  readonly index: number;
  readonly expected: number;
  readonly got: number;
  readonly bound: number;
}

export interface Comparison {
  /** Whether every element of every call is within its bound. */
  readonly ok: boolean;
  /** The first that is not, in call order. */
  readonly first: Difference | undefined;
  /** One for each call: its layer, its kernel, and the largest error / bound of its elements. */
  readonly calls: readonly { readonly layer: string; readonly kernel: string; readonly ratio: number }[];
}

/**
 * Runs a model on the GPU, reads back what every call gave, and holds each call against its reference on the inputs that the GPU gave it: an
 * error is told where it arises, and does not count again in the layers behind. The bounds are the kernels' own, computed from the data.
 *
 * Values that calls update in place are compared after the last of their calls.
 */
export async function compare<I extends string, Optional extends string, O extends string>(
  model: Model<I, Optional, O>,
  inputs: Given<I, Optional, HostTensor>,
  { device }: { readonly device: GPUDevice },
): Promise<Comparison> {
  const given = Object.entries<HostTensor | undefined>(inputs).flatMap(([name, one]) =>
    one ? [[name, tensor(one.data as number[], one.shape, one.dtype)] as const] : [],
  );
  const types = Object.fromEntries(given.map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  model.build(types as unknown as Given<I, Optional, TensorType>);
  for (const parameter of model.parameters.values()) await place(parameter, device);

  const p = program(device);
  const { scope, notes, used } = trace(p, model.parameters as Map<string, Parameter>, ({ value }) => p.constant(value as Placed));
  model.forward(
    scope,
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, p.input(name, type)])) as unknown as Given<
      I,
      Optional,
      Value
    >,
  );

  const numbers = new Map<Value, Numbers>();
  for (const [name, one] of given) numbers.set(p.inputs.get(name)!, numbersOf(one, p.inputs.get(name)!));
  for (const [value, slot] of used) numbers.set(value, numbersOf(await readSlot(slot), value));
  for (const [value, constant] of p.constants)
    if (!numbers.has(value)) numbers.set(value, numbersOf(await hostOf(constant as GpuTensor | HostTensor, device), value));

  const wanted: Record<string, Value> = {};
  const lastCall = new Map<Value, number>(); // of values updated in place
  p.calls.forEach(({ outputs }, i) => {
    for (const [operand, value] of Object.entries(outputs)) {
      lastCall.set(originOf(value), i);
      wanted[`${i} ${operand}`] = value;
    }
  });
  const net = await p.compile(wanted);
  try {
    const results: Named<Result> = await net.run(Object.fromEntries(given));
    let first: Difference | undefined;
    const calls: Comparison["calls"][number][] = [];
    for (const [i, call] of p.calls.entries()) {
      const { kernel, problem } = call;
      const proof = await kernel.proof();
      const mine = inputsOf(call, numbers);
      const reference = proof.reference(problem, mine) as Named<Float64Array>;
      const bounds = proof.bound(problem, mine, reference) as Named<Float64Array>;
      const note = layerOf(notes, i);
      let ratio = 0;
      for (const [operand, value] of Object.entries(call.outputs)) {
        const origin = originOf(value);
        const updated = kernel.operands[operand] === "inout";
        if (updated && lastCall.get(origin) !== i) {
          numbers.set(origin, reference[operand]!);
          continue;
        }
        const got = decode(results[`${i} ${operand}`]!);
        numbers.set(origin, got);
        for (let index = 0; index < got.length; index++) {
          const here = { expected: reference[operand]![index]!, got: got[index]!, bound: bounds[operand]![index]! };
          const error = errorOf(here, value.dtype);
          if (!(error <= 1))
            first ??= { layer: note?.path ?? "", kind: note?.kind ?? "", kernel: kernel.name, operand, index, ...here };
          if (!(error <= ratio)) ratio = Number.isNaN(error) ? Infinity : error;
        }
      }
      calls.push({ layer: note?.path ?? "", kernel: kernel.name, ratio });
    }
    return { ok: first === undefined, first, calls };
  } finally {
    net.destroy();
    p.destroy();
  }
}

const hostOf = async (tensor: GpuTensor | HostTensor, device: GPUDevice): Promise<HostTensor> =>
  "buffer" in tensor ? download(device, tensor) : tensor;
