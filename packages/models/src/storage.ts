// Where parameters' values are, and in how many bits.
import type { Group } from "@tilewright/kernels-matmul";
import { allocate, arrayOf, download, type HostTensor, type Result, tensor, upload, write } from "@tilewright/runtime";
import { converted, type Floats } from "./floats.ts";
import type { Codes, Parameter, Placed, Slot } from "./layer.ts";

/** How the values of a matrix are held: `q8` and `q4` are codes of 8 and 4 bits with a scale in f16 for every 32 neighbours. */
export type Storage = "f32" | "f16" | "q8" | "q4";

/** How a parameter's values are held. */
export const storageOf = ({ packed, dtype }: Parameter): Storage => (packed ? `q${packed.options.bits}` : dtype);

/** How it can be held, where that is wanted: only matrices of dense and embedding layers in less than f32, codes only where rows have whole groups. */
export function storageFor(parameter: Parameter, dtype: "f32" | "f16" | undefined, codes: "q8" | "q4" | undefined): Storage {
  if (parameter.inputs === undefined) return "f32";
  if (codes && groupOf(parameter)) return codes;
  return dtype ?? (codes ? "f32" : storageOf(parameter));
}

/** How many neighbours share a scale. */
export const groupOf = ({ shape, inputs }: Parameter): Group | undefined =>
  ([32, 16] as const).find((group) => shape[inputs ?? 1]! % group === 0);

/** The slot that holds a tensor, on a device where one is given; what lies on one already is written in place. */
function fill<T extends Slot>(slot: T, value: Result, device: GPUDevice | undefined): T {
  const { shape, dtype } = value; // not its data, which would stay
  if (device && !onDevice(slot)) slot.value = { ...allocate(device, { shape, dtype }, slot.name), device };
  if (onDevice(slot)) write(slot.value.device, slot.value, value);
  else slot.value = value;
  return slot;
}

/**
 * Gives a parameter its values.
 * @param storage how it is held already, where it lies on a device
 * @param codes what quantises it, where it was not yet
 */
export function put(
  parameter: Parameter,
  floats: Floats,
  storage: Storage,
  { device, codes }: { readonly device: GPUDevice | undefined; readonly codes: Codes | undefined },
): void {
  if (storage === "f32" || storage === "f16") {
    if (parameter.packed || parameter.dtype !== storage) clear(parameter);
    parameter.dtype = storage;
    fill(parameter, converted(floats, parameter.shape, storage), device);
    return;
  }
  const by = (codes ?? parameter.packed?.codes)!;
  const { weights, scales, options } = by.pack(floats, parameter, storage === "q4" ? 4 : 8);
  const slot = (part: string, { shape, dtype, data: { length } }: Result): Slot => ({
    ...{ name: `${parameter.name} ${part}`, shape, dtype, value: undefined },
    init: () => tensor(new (arrayOf(dtype))(length), shape, dtype),
  });
  const before = storageOf(parameter) === storage ? parameter.packed : undefined;
  if (!before) clear(parameter);
  parameter.packed = {
    weights: fill(before?.weights ?? slot("weights", weights), weights, device),
    scales: fill(before?.scales ?? slot("scales", scales), scales, device),
    options,
    codes: by,
  };
}

const slotsOf = (parameter: Parameter): readonly Slot[] =>
  parameter.packed ? [parameter.packed.weights, parameter.packed.scales] : [parameter];

function clear(parameter: Parameter): void {
  for (const slot of slotsOf(parameter)) {
    if (onDevice(slot)) slot.value.buffer.destroy();
    slot.value = undefined;
  }
  parameter.packed = undefined;
}

const onDevice = (slot: Slot): slot is Slot & { value: Placed } => slot.value !== undefined && "device" in slot.value;

/** Whether its values lie on a device, where programs may read them. */
export const isPlaced = (parameter: Parameter): boolean => slotsOf(parameter).some(onDevice);

/** Forgets a parameter's values if they are on a device: its first ones come again. */
export function free(parameter: Parameter): void {
  if (!isPlaced(parameter)) return;
  clear(parameter);
  parameter.dtype = "f32";
}

/** A slot's values on the host. */
export async function readSlot(slot: Slot): Promise<HostTensor> {
  if (onDevice(slot)) return download(slot.value.device, slot.value);
  return (slot.value ??= slot.init()) as HostTensor;
}

/** A parameter's values on the host, in its own shape; what is quantised as its codes say, in f32. */
export async function read(parameter: Parameter): Promise<HostTensor> {
  const { packed, shape } = parameter;
  if (!packed) return readSlot(parameter);
  const [weights, scales] = [(await readSlot(packed.weights)) as Result, (await readSlot(packed.scales)) as Result];
  const data = packed.codes.unpack({ weights, scales, options: packed.options });
  if (parameter.inputs === 1) return tensor(data, shape);
  const [k, n] = shape as [number, number];
  return tensor(
    Float32Array.from(data, (_, i) => data[(i % n) * k + Math.floor(i / n)]!),
    shape,
  );
}

/** Sees that a parameter's values are on a device. */
export async function place(parameter: Parameter, device: GPUDevice): Promise<void> {
  for (const slot of slotsOf(parameter)) {
    if (onDevice(slot) && slot.value.device === device) continue;
    const placed: Placed = { ...upload(device, await readSlot(slot), slot.name), device };
    if (onDevice(slot)) slot.value.buffer.destroy();
    slot.value = placed;
  }
}
