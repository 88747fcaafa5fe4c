import { program, type Value } from "@tilewright/runtime";
import type { Suite } from "@tilewright/runtime/cases";

const CALLS = 100;
const PASSES = 500;

/** Microseconds of JavaScript that a replayed dispatch costs, against a pass that does nothing; the median of five. */
export async function replayCost(device: GPUDevice, { kernel, sizes }: Suite): Promise<number> {
  const kase = sizes[0]!;
  const p = program(device);
  const given = Object.fromEntries(Object.entries(kase.inputs()).map(([name, tensor]) => [name, p.constant(tensor)]));
  const outputs: Record<string, Value> = {};
  for (let i = 0; i < CALLS; i++) outputs[`out${i}`] = p.call(kernel, given, kase.options) as unknown as Value;
  const net = await p.compile(outputs);
  const calls = new Uint32Array(1);
  const count = () => {
    calls[0]!++;
  };
  const stub = {
    setPipeline: count,
    setBindGroup: count,
    setImmediates: count,
    dispatchWorkgroups: count,
  } as unknown as GPUComputePassEncoder;
  const taken = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let i = 0; i < PASSES; i++) net.record(stub);
    return (1000 * (performance.now() - start)) / (PASSES * net.dispatches.length);
  });
  net.destroy();
  p.destroy();
  return taken.sort((a, b) => a - b)[2]!;
}
