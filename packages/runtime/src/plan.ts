import { assertAlive, type Caps, caps, createBuffer, ownerOf } from "./device.ts";
import { KernelError } from "./error.ts";
import type { Definition, Operands } from "./kernel.ts";
import { groupLayout, pipeline } from "./pipeline.ts";
import { type Binding, header } from "./shader.ts";
import { sizeOf, type TensorType } from "./tensor.ts";
import type { Pass, Problem, Tile, Variant } from "./variant.ts";

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
    if (grid[0] === 0) continue;
    pass.setPipeline(pipeline);
    if (offsets) pass.setBindGroup(0, group, offsets, 0, 1);
    else {
      pass.setBindGroup(0, group);
      if (immediates.length > 0) pass.setImmediates(0, immediates);
    }
    pass.dispatchWorkgroups(grid[0]!, grid[1]!);
  }
}

/** A call that is shaped, chosen and written, but not yet compiled. */
export interface Draft<P extends string = string, Spec = unknown> {
  readonly label: string;
  readonly problem: Problem<P, Spec>;
  readonly variant: Variant<P, Spec>;
  readonly tile: Tile;
  readonly scratch: { readonly [name: string]: TensorType };
  readonly stages: readonly { readonly pass: Pass<P, Spec, Tile>; readonly bindings: readonly Binding[]; readonly code: string }[];
}

/** The bindings and the text of every dispatch of a chosen variant. */
export function draft<P extends string, Spec>(
  kernel: Pick<Definition<Operands, P, never, Spec>, "name" | "operands" | "params">,
  problem: Problem<P, Spec>,
  variant: Variant<P, Spec>,
  tile: Tile,
  can: Caps,
): Draft<P, Spec> {
  const label = `${kernel.name}/${variant.name}`;
  const scratch = "passes" in variant ? variant.scratch(problem, tile) : {};
  const all: Binding[] = [];
  for (const [name, role] of Object.entries(kernel.operands)) {
    const type = problem.types[name];
    if (!type || sizeOf(type) === 0) continue; // absent, or empty: a binding of no bytes is refused
    all.push({ name, type, reads: !role.startsWith("out"), writes: !role.startsWith("in") || role === "inout" });
  }
  for (const [name, type] of Object.entries(scratch)) all.push({ name, type, reads: true, writes: true });
  const passes: readonly Pass<P, Spec, Tile>[] = "passes" in variant ? variant.passes : [variant];
  const stages = passes.map((pass) => {
    const uses = pass.uses?.(problem.spec);
    const bindings = uses ? all.filter(({ name }) => uses.includes(name)) : all;
    const lanes = pass.lanes?.(problem.spec, can) ?? {};
    const top = header(bindings, kernel.params, lanes, can, variant.needs(tile).subgroups ?? false);
    return { pass, bindings, code: `// ${label}\n${top}${pass.wgsl(problem.spec, tile, can)}` };
  });
  return { label, problem, variant, tile, scratch, stages };
}

const SLOT = 256;
/** Where changing params are uniforms: how many different sets may be recorded before the first of them is submitted. */
const SLOTS = 1024;

/** Everything compiled: binds buffers and records. */
export interface Compiled {
  bind(buffers: { readonly [operand: string]: Bindable | undefined }): readonly Dispatch[];
  /** Sets params that change from call to call on bound dispatches, their workgroups too. */
  update(dispatches: readonly Dispatch[], params: { readonly [name: string]: number }): void;
  destroy(): void;
}

export async function compile<P extends string, Spec>(
  device: GPUDevice,
  kernel: Pick<Definition<Operands, P, never, Spec>, "name" | "params">,
  made: Draft<P, Spec>,
  dynamic: boolean,
): Promise<Compiled> {
  const can = caps(device);
  const { label, problem, tile, stages } = made;
  const names = Object.keys(kernel.params) as P[];
  const kinds = names.map((name) => kernel.params[name]);
  const uniform = names.length > 0 && !can.immediates;
  const empty = !stages.some(({ bindings }) => bindings.some(({ name, writes }) => writes && !(name in made.scratch)));
  for (const { bindings } of stages) {
    for (const { name, type } of bindings) {
      if (sizeOf(type) <= can.maxBinding) continue;
      throw new KernelError(kernel.name, "limit", `${name} needs a ${sizeOf(type)}-byte binding; this device allows ${can.maxBinding}. Ask requestDevice for maxStorageBufferBindingSize, or split the batch.`);
    }
  }
  const layouts = stages.map(({ bindings }) => bindings.map(({ writes }) => (writes ? "w" : "r")).join("") + (uniform ? "u" : ""));
  const pipelines = empty
    ? []
    : await Promise.all(stages.map(({ code }, i) => pipeline(device, kernel.name, made.variant.name, code, layouts[i]!, uniform ? 0 : names.length * 4)));

  const bits = new DataView(new ArrayBuffer(64));
  function words(params: { readonly [name: string]: number }): Uint32Array<ArrayBuffer> {
    names.forEach((name, i) => {
      const value = params[name]!;
      if (kinds[i] === "f32") bits.setFloat32(i * 4, value, true);
      else bits.setUint32(i * 4, value, true);
    });
    return new Uint32Array(bits.buffer, 0, names.length);
  }

  // The uniform fallback: writeBuffer lands before the whole submit, so every different set of params has a slot of its own.
  let ring: GPUBuffer | undefined;
  let slot = -1;
  const slots = dynamic ? SLOTS : 1;
  const last = new Uint32Array(16);
  function slotOf(values: Uint32Array<ArrayBuffer>): number {
    ring ??= createBuffer(device, SLOT * slots, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST, `${label} params`);
    if (slot < 0 || values.some((word, i) => word !== last[i])) {
      slot++;
      last.set(values);
      device.queue.writeBuffer(ring, (slot % slots) * SLOT, values);
    }
    return (slot % slots) * SLOT;
  }

  function grid(pass: Pass<P, Spec, Tile>, params: Problem<P, Spec>["params"], into: Uint32Array): void {
    const count = pass.workgroups({ ...problem, params }, tile);
    const y = Math.ceil(count / 65535);
    if (y > 65535) throw new KernelError(kernel.name, "limit", `${count} workgroups are needed; a dispatch holds 65535 x 65535. Split the batch.`);
    into[0] = y && Math.ceil(count / y);
    into[1] = y;
  }

  return {
    bind(buffers) {
      assertAlive(kernel.name, device);
      if (empty) return [];
      return Object.freeze(
        stages.map(({ pass, bindings }, i) => {
          const entries = resources(kernel.name, device, bindings, buffers);
          const immediates = words(problem.params).slice();
          const offsets = uniform ? Uint32Array.of(slotOf(immediates)) : undefined;
          if (ring) entries.push({ binding: entries.length, resource: { buffer: ring, size: SLOT } });
          const size = new Uint32Array(2);
          grid(pass, problem.params, size);
          const group = device.createBindGroup({ label, layout: groupLayout(device, layouts[i]!), entries });
          return Object.freeze({ label, pipeline: pipelines[i]!, group, immediates, offsets, grid: size });
        }),
      );
    },
    update(dispatches, params) {
      const full = { ...problem.params, ...params };
      const values = words(full);
      dispatches.forEach((dispatch, i) => {
        dispatch.immediates.set(values);
        if (dispatch.offsets) dispatch.offsets[0] = slotOf(values);
        grid(stages[i]!.pass, full, dispatch.grid);
      });
    },
    destroy: () => ring?.destroy(),
  };
}

/** The entries of a bind group, each buffer checked: present, ours, of the right usage, aligned, long enough, not both read and written. */
function resources(who: string, device: GPUDevice, bindings: readonly Binding[], buffers: { readonly [operand: string]: Bindable | undefined }): GPUBindGroupEntry[] {
  const written = new Map<GPUBuffer, string>();
  const fail = (message: string): never => {
    throw new KernelError(who, "buffer", message);
  };
  const found = bindings.map(({ name, type, writes }) => {
    const given = buffers[name] ?? fail(`${name} is missing; needed is a GPUBuffer or { buffer, offset } of ${sizeOf(type)} bytes.`);
    const { buffer, offset = 0 } = "buffer" in given ? given : { buffer: given };
    const owner = ownerOf(buffer);
    if (owner && owner !== device) fail(`${name} belongs to another device. Make it on the device that the kernel was planned for.`);
    if (!(buffer.usage & GPUBufferUsage.STORAGE)) fail(`${name}'s buffer lacks GPUBufferUsage.STORAGE.`);
    if (offset % 256) fail(`${name}'s offset is ${offset}; needed is a multiple of 256 bytes.`);
    if (buffer.size - offset < sizeOf(type)) fail(`${name} needs ${sizeOf(type)} bytes; its buffer has ${buffer.size - offset} from offset ${offset}.`);
    if (writes) written.set(buffer, name);
    return { name, writes, resource: { buffer, offset, size: sizeOf(type) } };
  });
  for (const { name, writes, resource } of found) {
    const other = written.get(resource.buffer);
    if (!writes && other) fail(`${name} and ${other} share one buffer, read and written in one dispatch, which WebGPU refuses. Give ${other} a buffer of its own.`);
  }
  return found.map(({ resource }, binding) => ({ binding, resource }));
}
