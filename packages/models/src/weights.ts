// A model's parameters from files and back.
import { fail, type HostTensor, type Named, showShape, tensor, write } from "@tilewright/runtime";
import type { Parameter } from "./layer.ts";
import { type Model, read, reserve } from "./model.ts";
import { openSafetensors, type Safetensors, tensorOf } from "./safetensors/read.ts";
import type { ReadHow, Source } from "./safetensors/source.ts";
import { type WriteOptions, writeSafetensors } from "./safetensors/write.ts";

export interface LoadHow extends ReadHow {
  /** Put each tensor there as it comes: the host then holds one at a time. Otherwise they stay on the host until a program is compiled. */
  readonly device?: GPUDevice | undefined;
  /** The parameter that a stored tensor is for; undefined for one that is not read. The model's own unless given. */
  readonly rename?: ((name: string) => string | undefined) | undefined;
}

type AnyModel = Pick<Model, "name" | "parameters" | "rename">;

/**
 * Gives a built model the values of a safetensors file (bytes, a Blob or File, an URL, a response, a file that was opened) or of named host
 * tensors. Parameters that are on a GPU are written in place: programs that were compiled see them.
 * @throws KernelError `shape` before anything is changed, with every tensor that is missing, extra or of another shape
 */
export async function load(
  model: AnyModel,
  from: Source | Safetensors | { readonly tensors: Named<HostTensor> },
  { device, rename = model.rename ?? ((name) => name), ...how }: LoadHow = {},
): Promise<void> {
  if (model.parameters.size === 0)
    fail(
      model.name,
      "shape",
      "it is not built: its sizes follow from its inputs. Call model.build({ x: { shape, dtype } }) first.",
    );
  const put = (parameter: Parameter, value: HostTensor) => {
    const there = parameter.value && "device" in parameter.value ? parameter.value : device && reserve(parameter, device);
    if (there) write(there.device, there, value);
    else parameter.value = value;
  };

  if (typeof from === "object" && "tensors" in from && typeof from.tensors === "object") {
    const given = Object.entries(from.tensors).map(
      ([name, { data, shape, dtype }]) => [name, tensor(data as number[], shape, dtype)] as const,
    );
    const to = match(model, given, rename);
    for (const [name, value] of given) if (to.has(name)) put(to.get(name)!, value);
    return;
  }
  const file =
    typeof from === "object" && "entries" in from && Array.isArray(from.entries)
      ? (from as Safetensors)
      : await openSafetensors(from as Source, how);
  try {
    const stored = file.entries.map(({ name, dtype, shape }) => [name, { shape, dtype }] as const);
    const to = match(model, stored, rename);
    for await (const one of file.tensors()) {
      const parameter = to.get(one.name);
      if (parameter) put(parameter, tensorOf(one));
    }
  } finally {
    await file.close();
  }
}

/** The parameter of each stored tensor. @throws KernelError `shape` with all that is wrong */
function match(
  { name: who, parameters }: AnyModel,
  stored: readonly (readonly [string, { readonly shape: readonly number[]; readonly dtype: string }])[],
  rename: (name: string) => string | undefined,
): Map<string, Parameter> {
  const to = new Map<string, Parameter>();
  const taken = new Map<string, string>();
  const wrong: string[] = [];
  for (const [name, { shape, dtype }] of stored) {
    const wanted = rename(name);
    if (wanted === undefined) continue;
    const parameter = parameters.get(wanted);
    if (!parameter) wrong.push(`extra: ${name} ${showShape(shape)}`);
    else if (taken.has(wanted)) wrong.push(`twice: ${taken.get(wanted)} and ${name} are both ${wanted}`);
    else if (`${shape}` !== `${parameter.shape}`)
      wrong.push(`misshapen: ${name} is ${showShape(shape)}; needed is ${showShape(parameter.shape)}`);
    else if (!["F32", "F16", "BF16", "f32"].includes(dtype)) wrong.push(`mistyped: ${name} is ${dtype}; needed is a float`);
    else to.set(name, parameter);
    taken.set(wanted, name);
  }
  for (const { name, shape } of parameters.values()) if (!taken.has(name)) wrong.push(`missing: ${name} ${showShape(shape)}`);
  if (wrong.length) fail(who, "shape", `the weights do not fit (${wrong.length}):\n${wrong.join("\n")}`);
  return to;
}

/** A model's parameters as a safetensors file. */
export async function save(model: Pick<Model, "parameters">, options: WriteOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: Record<string, HostTensor> = {};
  for (const parameter of model.parameters.values()) tensors[parameter.name] = await read(parameter);
  return writeSafetensors(tensors, options);
}
