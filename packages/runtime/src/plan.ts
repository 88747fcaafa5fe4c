import { assertAlive, caps, createBuffer, ownerOf } from "./caps.ts";
import type { Draft } from "./draft.ts";
import { fail } from "./error.ts";
import { groupLayout, pipeline } from "./pipeline.ts";
import type { Binding } from "./shader.ts";
import { type Named, sizeOf } from "./tensor.ts";
import type { Params } from "./variant.ts";

/** A buffer to bind: whole, or from a byte offset (a multiple of 256). A GPU tensor will do. */
export type Bindable = GPUBuffer | { readonly buffer: GPUBuffer; readonly offset?: number | undefined };

/** What one dispatch needs, ready to record. */
export interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  /** The params' words. */
  readonly immediates: Uint32Array<ArrayBuffer>;
  /** Where params are a uniform instead: its dynamic offset. */
  readonly offsets: Uint32Array<ArrayBuffer> | undefined;
  /** Workgroups in x and y. */
  readonly grid: Uint32Array<ArrayBuffer>;
}

/** Records dispatches into a pass: four calls each, nothing allocated. */
export function record(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[]): void {
  for (const { pipeline, group, immediates, offsets, grid } of dispatches) {
    if (!grid[0]) continue;
    pass.setPipeline(pipeline);
    if (offsets) pass.setBindGroup(0, group, offsets, 0, 1);
    else {
      pass.setBindGroup(0, group);
      if (immediates.length) pass.setImmediates(0, immediates);
    }
    pass.dispatchWorkgroups(grid[0], grid[1]!);
  }
}

/** Bytes from one set of params to the next, where they are uniforms. */
const SLOT = 256;
/** Everything compiled: binds buffers, and sets params that change from call to call. */
export interface Compiled {
  bind(buffers: Named<Bindable | undefined>): readonly Dispatch[];
  /** For dispatches about to be recorded into `pass`. */
  update(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[], params: Named<number>): void;
  destroy(): void;
}

/** @param dynamic The params that may change, each with the most it can be. */
export async function compile<P extends string, Spec>(
  device: GPUDevice,
  made: Draft<P, Spec>,
  dynamic: Named<number> | undefined,
): Promise<Compiled> {
  const { kernel, label, problem, params: kinds, tile, stages, scratch, variant } = made;
  const { immediates: direct, maxBinding } = caps(device);
  await undefined; // that a device was lost before is known a moment after it is first seen
  assertAlive(kernel, device);
  const names = Object.keys(kinds) as P[];
  const uniform = names.length > 0 && !direct;
  const writes = stages.flatMap(({ bindings }) => bindings.filter((b) => b.writes && !(b.name in scratch)));
  const live = writes.length ? stages : []; // an empty output records nothing
  for (const { name, type } of live.flatMap(({ bindings }) => bindings)) {
    const size = sizeOf(type);
    if (size > maxBinding) {
      fail(
        kernel,
        "limit",
        `${name} needs a ${size}-byte binding; this device allows ${maxBinding}. Ask requestDevice for maxStorageBufferBindingSize, or split the batch.`,
      );
    }
  }
  const layouts = live.map(({ bindings }) => bindings.map((b) => (b.writes ? "w" : "r")).join("") + (uniform ? "u" : ""));
  const pipelines = await Promise.all(
    live.map(({ code }, i) =>
      pipeline(device, {
        kernel,
        variant: variant.name,
        code,
        layout: layouts[i]!,
        immediateSize: uniform ? 0 : names.length * 4,
      }),
    ),
  );

  // The order of recording: one by one, but passes that repeat take turns, in which their params differ by `set`.
  const turns: { readonly at: number; readonly set?: Named<number> }[] = [];
  live.forEach(({ pass: { repeat } }, at) => {
    if (!repeat) turns.push({ at });
    else if (!live[at - 1]?.pass.repeat)
      for (let step = 0; step < repeat.times(problem, tile); step++)
        for (let j = at; live[j]?.pass.repeat; j++) turns.push({ at: j, set: { [repeat.param]: step } });
  });
  const bits = new DataView(new ArrayBuffer(64));
  const words = new Uint32Array(bits.buffer, 0, names.length);
  const encode = (params: Named<number>) =>
    names.forEach((name, i) => {
      bits[kinds[name] === "f32" ? "setFloat32" : "setUint32"](i * 4, params[name]!, true);
    });

  // writeBuffer lands before the whole submit, so every different set of params has a slot of its own: where none is dynamic every turn, else
  // the planned set the first.
  const later = dynamic && (await import("./dynamic.ts"));
  const ring = uniform
    ? createBuffer(
        device,
        SLOT * (later?.SLOTS ?? turns.length),
        GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
        `${label} params`,
      )
    : undefined;
  const write = (slot: number): number => {
    if (ring) device.queue.writeBuffer(ring, slot * SLOT, words);
    return slot * SLOT;
  };
  const slotOf = (turn: number) => (dynamic ? 0 : turn);
  turns.forEach(({ set }, turn) => {
    encode({ ...problem.params, ...set });
    write(slotOf(turn));
  });
  const setGrid = ({ grid }: Pick<Dispatch, "grid">, i: number, params: Params<P>) => {
    const count = live[i]!.pass.workgroups({ ...problem, params }, tile);
    const rows = Math.ceil(count / 65535);
    if (rows > 65535) fail(kernel, "limit", `it needs ${count} workgroups; a dispatch holds 65535 x 65535. Split the batch.`);
    grid[0] = Math.ceil(count / (rows || 1));
    grid[1] = rows;
  };

  const change = later?.changing(made, dynamic!, { words, encode, write, setGrid, turns });
  return {
    bind(buffers) {
      assertAlive(kernel, device);
      for (const name in buffers) {
        if (buffers[name] && !problem.types[name] && !scratch[name])
          fail(kernel, "buffer", `${name} was not planned. Give its { shape, dtype } to plan, or leave it out here.`);
      }
      const groups = live.map(({ bindings }, i) => {
        const entries = resources(kernel, device, bindings, buffers);
        if (ring) entries.push({ binding: entries.length, resource: { buffer: ring, size: SLOT } });
        return device.createBindGroup({ label, layout: groupLayout(device, layouts[i]!), entries });
      });
      return turns.map(({ at, set }, turn) => {
        encode({ ...problem.params, ...set });
        const dispatch: Dispatch = {
          label,
          pipeline: pipelines[at]!,
          group: groups[at]!,
          immediates: words.slice(),
          offsets: ring && Uint32Array.of(slotOf(turn) * SLOT),
          grid: new Uint32Array(2),
        };
        setGrid(dispatch, at, problem.params);
        return Object.freeze(dispatch);
      });
    },
    update(pass, dispatches, params) {
      for (const name in params)
        if (dynamic?.[name] === undefined) fail(kernel, "shape", `${name} was planned as fixed; name it in dynamic.`);
      change?.(pass, dispatches, params);
    },
    destroy: () => ring?.destroy(),
  };
}

/** The entries of a bind group, each buffer checked: present, ours, of the right usage, aligned, long enough, not both read and written. */
function resources(
  kernel: string,
  device: GPUDevice,
  bindings: readonly Binding[],
  buffers: Named<Bindable | undefined>,
): GPUBindGroupEntry[] {
  const written = new Map<GPUBuffer, string>();
  const ranges: { name: string; buffer: GPUBuffer; from: number; to: number }[] = [];
  const found = bindings.map(({ name, type, writes }, binding) => {
    const size = sizeOf(type);
    const wrong = (what: string) => fail(kernel, "buffer", `${name} ${what}`);
    const given = buffers[name] ?? wrong(`is missing; needed is a GPUBuffer or { buffer, offset } of ${size} bytes.`);
    const { buffer, offset = 0 } = "buffer" in given ? given : { buffer: given };
    if ((ownerOf(buffer) ?? device) !== device)
      wrong("belongs to another device. Make it on the device that the kernel was planned for.");
    if (!(buffer.usage & GPUBufferUsage.STORAGE)) wrong("is not a storage buffer. Make it with GPUBufferUsage.STORAGE.");
    if (offset % 256) wrong(`starts at byte ${offset}; needed is a multiple of 256.`);
    if (buffer.size - offset < size) wrong(`needs ${size} bytes; its buffer has ${buffer.size - offset} from offset ${offset}.`);
    if (writes && written.has(buffer)) {
      const other = ranges.find((range) => range.buffer === buffer && range.from < offset + size && offset < range.to);
      if (other) wrong(`and ${other.name} are both written and overlap in one buffer. Give each its own range.`);
    }
    if (writes) {
      written.set(buffer, name);
      ranges.push({ name, buffer, from: offset, to: offset + size });
    }
    return { binding, resource: { buffer, offset, size } };
  });
  bindings.forEach(({ name, writes }, i) => {
    const other = !writes && written.get(found[i]!.resource.buffer);
    if (other)
      fail(
        kernel,
        "buffer",
        `${name} and ${other} share a buffer, read and written in one dispatch, which WebGPU refuses. Give ${other} its own.`,
      );
  });
  return found;
}
