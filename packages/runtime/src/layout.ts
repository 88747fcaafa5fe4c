// Which calls of a program run, and where their values lie.
import { type Life, pack } from "./arena.ts";
import { caps, createBuffer } from "./caps.ts";
import type { Draft } from "./draft.ts";
import { type Call, originOf, type Value } from "./tape.ts";
import { type GpuTensor, sizeOf, type TensorType } from "./tensor.ts";

/** The calls that the outputs depend on, and those that update something in place. */
export function needed(calls: readonly Call[], outputs: readonly Value[]): Call[] {
  const wanted = new Set<Value>(outputs.map(originOf));
  const kept: Call[] = [];
  for (const call of [...calls].reverse()) {
    const updates = Object.values(call.kernel.operands).includes("inout");
    if (!updates && !Object.values(call.outputs).some((value) => wanted.has(value))) continue;
    kept.push(call);
    for (const value of Object.values(call.inputs)) if (value) wanted.add(originOf(value));
  }
  return kept.reverse();
}

/** Gives every value that a call makes, and every scratch tensor, a place in buffers that it adds to `arena`. */
export function layOut(
  device: GPUDevice,
  tape: readonly Call[],
  drafts: readonly Draft[],
  outputs: readonly Value[],
  resident: ReadonlyMap<Value, GpuTensor>,
  arena: GPUBuffer[],
) {
  const items: { type: TensorType; first: number; last: number; apart: Set<number> }[] = [];
  const index = new Map<Value, number>();
  const add = (type: TensorType, at: number) => items.push({ type, first: at, last: at, apart: new Set() }) - 1;

  const scratchIds = tape.map((call, i) => {
    const reads: number[] = [];
    const writes: number[] = [];
    for (const [operand, value] of Object.entries(call.inputs)) {
      const id = value && index.get(originOf(value));
      if (id === undefined) continue;
      items[id]!.last = i;
      (call.kernel.operands[operand] === "inout" ? writes : reads).push(id);
    }
    for (const value of Object.values(call.outputs)) {
      if (resident.has(originOf(value)) || index.has(originOf(value))) continue;
      index.set(value, add(value, i));
      writes.push(index.get(value)!);
    }
    const own = Object.entries(drafts[i]!.scratch).map(([name, type]) => [name, add(type, i)] as const);
    for (const r of reads) {
      for (const w of [...writes, ...own.map(([, id]) => id)]) {
        items[r]!.apart.add(w);
        items[w]!.apart.add(r);
      }
    }
    return own;
  });
  for (const value of outputs) {
    const id = index.get(originOf(value));
    if (id !== undefined) items[id]!.last = tape.length;
  }

  const lives: Life[] = items.map(({ type, ...life }) => ({ ...life, bytes: sizeOf(type) }));
  const { place, sizes } = pack(lives, caps(device).maxBuffer);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  for (const [i, size] of sizes.entries()) arena.push(createBuffer(device, size, usage, `program arena ${i}`));
  const tensorAt = (id: number): GpuTensor => ({
    ...items[id]!.type,
    buffer: arena[place[id]!.buffer]!,
    offset: place[id]!.offset,
  });
  const tensors = new Map(resident);
  for (const [value, id] of index) tensors.set(value, tensorAt(id));
  const scratch = scratchIds.map((ids) => Object.fromEntries(ids.map(([name, id]) => [name, tensorAt(id)])));
  return { tensors, scratch, unshared: lives.reduce((sum, { bytes }) => sum + bytes, 0) };
}
