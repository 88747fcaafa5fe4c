import { assertAlive, caps } from "./caps.ts";
import { choiceOn } from "./choose.ts";
import { draft } from "./draft.ts";
import { fail, showShape } from "./error.ts";
import { snapshot } from "./kernel.ts";
import { layOut, needed } from "./layout.ts";
import { type Compiled, compile, type Dispatch, record } from "./plan.ts";
import { type Call, mostOf, originOf, type Tape, tape, type Value } from "./tape.ts";
import { type GpuTensor, type HostTensor, type Named, type Result, sizeOf, type TensorType, typeOf } from "./tensor.ts";
import { allocate, guarded, staging, upload, write } from "./transfer.ts";

export interface Memory {
  readonly inputs: number;
  readonly constants: number;
  /** Bytes of each buffer that values and scratch share. */
  readonly arena: readonly number[];
  /** What they would take, each in a buffer of its own. */
  readonly unshared: number;
}

/** A compiled program: bound once, replayed with four calls a dispatch. */
export interface Net<Out extends string> {
  /** Where inputs lie: write them with your own queue, or let `run` do it. */
  readonly inputs: Named<GpuTensor>;
  /** Where outputs lie after a pass; valid until the next. */
  readonly outputs: { readonly [K in Out]: GpuTensor };
  readonly dispatches: readonly Dispatch[];
  /** Records every call into your pass, in call order. @throws KernelError `shape` for a param out of range. */
  record(pass: GPUComputePassEncoder, params?: Named<number>): void;
  /** Writes the inputs, records one pass, submits and reads the outputs back. Runs queue up. */
  run(inputs?: Named<HostTensor>, params?: Named<number>): Promise<{ readonly [K in Out]: Result }>;
  memory(): Memory;
  /** Frees what this compilation made; inputs and constants are the program's. */
  destroy(): void;
}

export interface Program extends Tape {
  /** Weights and other tensors that stay: uploaded here, or your own GPU tensor (which other programs may share, and `inout` operands update). */
  constant(tensor: HostTensor | GpuTensor): Value;
  /** Compiles all pipelines at once, packs values into shared buffers, binds everything. Calls that no output needs are left out. */
  compile<Out extends string>(
    outputs: { readonly [K in Out]: Value },
    how?: { onProgress?: (done: number, total: number) => void },
  ): Promise<Net<Out>>;
  /** Frees the inputs and the constants that the program uploaded. */
  destroy(): void;
}

/** Many calls, one pass, planned memory, replayed. */
export function program(device: GPUDevice): Program {
  const written = tape();
  const { calls, inputs } = written;
  const resident = new Map<Value, GpuTensor>(); // inputs and constants
  const owned: GpuTensor[] = [];
  const own = (tensor: GpuTensor): GpuTensor => {
    owned.push(tensor);
    return tensor;
  };

  return {
    ...written,

    constant(tensor) {
      const placed = "buffer" in tensor ? tensor : own(upload(device, tensor, "constant"));
      const value = written.constant(placed);
      resident.set(value, placed);
      return value;
    },

    async compile(outputs, { onProgress } = {}) {
      for (const [name, value] of Object.entries<Value>(outputs)) {
        if (!written.has(value)) fail("program", "shape", `output "${name}" is no value of this program.`);
      }
      const can = caps(device);
      const tape = needed(calls, Object.values(outputs));
      const drafts = await Promise.all(
        tape.map(async (call) =>
          draft(call.kernel, call.problem, can, await choiceOn(device, call.kernel, call.problem, call.how)),
        ),
      );
      let done = 0;
      const settled = await Promise.allSettled(
        drafts.map(async (made, i) => {
          const ready = await compile(device, made, mostOf(tape[i]!.how));
          onProgress?.(++done, drafts.length);
          return ready;
        }),
      );
      const compiled = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const arena: GPUBuffer[] = [];
      const free = () => {
        for (const buffer of arena) buffer.destroy();
        for (const one of compiled) one.destroy();
      };
      const { tensors, steps, unshared } = attempt(free, () => {
        for (const one of settled) if (one.status === "rejected") throw one.reason;
        for (const [name, value] of inputs) if (!resident.has(value)) resident.set(value, own(allocate(device, value, name)));
        const { scratch, ...rest } = layOut(device, tape, drafts, Object.values(outputs), resident, arena);
        return { ...rest, steps: tape.map((call, i) => bindCall(call, compiled[i]!, rest.tensors, scratch[i]!)) };
      });
      const dispatches = steps.flatMap((step) => step.dispatches);
      const changing = steps.filter((step) => step.follow.length > 0);
      const at = <T>(values: Named<Value>): T =>
        Object.fromEntries(Object.entries(values).map(([name, v]) => [name, placeOf(v, tensors)])) as T;
      const placed = at<Named<GpuTensor>>(outputs);

      function replay(pass: GPUComputePassEncoder, params: Named<number> = {}): void {
        assertAlive("program", device);
        for (const name in params)
          if (!changing.some((step) => step.follow.some(([, param]) => param.name === name)))
            fail("program", "shape", `no call follows a param "${name}".`);
        for (const step of changing) step.update(pass, params);
        record(pass, dispatches);
      }

      const given = at<Named<GpuTensor>>(Object.fromEntries(inputs));
      let back: ReturnType<typeof staging> | undefined;
      let queue: Promise<unknown> = Promise.resolve();
      return {
        inputs: given,
        outputs: placed as never,
        dispatches,
        record: replay,
        async run(values = {}, params) {
          // Checked and copied now: runs queue up, and the caller's arrays are his again.
          for (const name in values)
            if (!given[name])
              fail("program", "shape", `there is no input "${name}"; there are ${Object.keys(given).join(", ")}.`);
          const taken = Object.entries(given).map(([name, into]) => {
            const value = values[name] ?? fail("program", "shape", `input "${name}" is missing.`);
            const type = typeOf(
              "program",
              `input "${name}"`,
              Array.isArray(value.data) ? { ...value, dtype: into.dtype } : value,
            );
            if (type.dtype !== into.dtype)
              fail("program", "dtype", `input "${name}" is ${type.dtype}; it was declared ${into.dtype}.`);
            if (`${type.shape}` !== `${into.shape}`)
              fail("program", "shape", `input "${name}" is ${showShape(type.shape)}; it was declared ${showShape(into.shape)}.`);
            return [into, snapshot(value)] as const;
          });
          const one = queue.then(() =>
            guarded("program", device, () => {
              for (const [into, value] of taken) write(device, into, value);
              back ??= staging(device, placed);
              const encoder = device.createCommandEncoder({ label: "program" });
              const pass = encoder.beginComputePass({ label: "program" });
              replay(pass, params);
              pass.end();
              back.copy(encoder, placed);
              device.queue.submit([encoder.finish()]);
              return back.read();
            }),
          );
          queue = one.catch(() => {});
          return one as never;
        },
        memory: () => ({
          inputs: total(Object.values(given)),
          constants: total([...resident].filter(([value]) => value.from === "constant").map(([, t]) => t)),
          arena: arena.map(({ size }) => size),
          unshared,
        }),
        destroy() {
          free();
          back?.destroy();
        },
      };
    },

    destroy() {
      for (const { buffer } of owned) buffer.destroy();
    },
  };
}

/** Does work that may fail half done. */
function attempt<T>(undo: () => void, work: () => T): T {
  try {
    return work();
  } catch (error) {
    undo();
    throw error;
  }
}

/** Where a value lies, in its own shape. */
const placeOf = (value: Value, tensors: ReadonlyMap<Value, GpuTensor>): GpuTensor => ({
  ...tensors.get(originOf(value))!,
  shape: value.shape,
});

const total = (types: readonly TensorType[]) => types.reduce((sum, type) => sum + sizeOf(type), 0);

/** A call's dispatches, and how they follow the program's params. */
function bindCall(call: Call, compiled: Compiled, tensors: ReadonlyMap<Value, GpuTensor>, scratch: Named<GpuTensor>) {
  const buffers: Record<string, GpuTensor> = { ...scratch };
  for (const [operand, value] of Object.entries({ ...call.inputs, ...call.outputs }))
    if (value) buffers[operand] = placeOf(value, tensors);
  const dispatches = compiled.bind(buffers);
  const follow = Object.entries(call.how.dynamic ?? {});
  const values: Record<string, number> = {};
  return {
    dispatches,
    follow,
    update(pass: GPUComputePassEncoder, params: Named<number>): void {
      for (const [param, { name, most }] of follow) {
        values[param] = params[name] ?? Math.min(most, call.problem.params[param]!);
      }
      compiled.update(pass, dispatches, values);
    },
  };
}
