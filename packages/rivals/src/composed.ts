// Attention by three of our kernels, the scores in memory: what fusing them spares.
import { decode, download, program, requestDevice, type Value } from "@tilewright/runtime";
import type { AnyKernel } from "@tilewright/runtime/cases";
import {
  byKernel,
  type Contestant,
  enqueue,
  heads,
  onlyOutput,
  type Runnable,
  type Task,
  Unable,
  waitFor,
} from "./contestant.ts";

/** @param kernels matmul and softmax among them */
export async function load(kernels: readonly AnyKernel[]): Promise<Contestant> {
  const name = "Tilewright, composed";
  const device = await requestDevice();

  async function attention(task: Task): Promise<Runnable> {
    const { s, t, d } = heads(task);
    const [output] = onlyOutput(task);
    const { causal = false } = task.options as { causal?: boolean };
    const p = program(device);
    const call = (asked: string, inputs: Readonly<Record<string, Value>>, options: object): Value => {
      const kernel = kernels.find((one) => one.name === asked);
      if (!kernel) throw new Unable(`${name} is not given ${asked}`);
      return p.call(kernel, inputs, options) as never;
    };
    const [q, k, v] = ["q", "k", "v"].map((operand) => p.constant(task.inputs[operand]!)) as [Value, Value, Value];
    // Query i sees keys up to i + t - s; the mask is made beforehand.
    const hides = Float32Array.from({ length: s * t }, (_, i) => (i % t > Math.floor(i / t) + t - s ? -Infinity : 0));
    const residual = causal && p.constant({ data: hides, shape: [s, t] });
    const scores = call("matmul", { a: q, b: k, ...(residual && { residual }) }, { transB: true, alpha: 1 / Math.sqrt(d) });
    const out = call("matmul", { a: call("softmax", { x: scores }, { axis: -1 }), b: v }, {});
    const net = await p.compile({ out });
    return {
      note: `matmul${residual ? " + mask" : ""}, softmax, matmul`,
      run: () => enqueue(device, (pass) => net.record(pass)),
      sync: () => waitFor(device, net.outputs.out.buffer),
      read: async () => ({ [output]: decode(await download(device, net.outputs.out)) }),
      dispose() {
        net.destroy();
        p.destroy();
      },
    };
  }
  return { name, version: "", prepare: byKernel(name, { attention }), close: () => device.destroy() };
}
