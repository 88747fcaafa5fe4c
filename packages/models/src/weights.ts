// A model's parameters from files and back.
import { fail, type HostTensor, type Named, showShape, tensor } from "@tilewright/runtime";
import { type Folder, folder } from "./folder.ts";
import type { Parameter } from "./layer.ts";
import type { Model } from "./model.ts";
import { floatsOf, openSafetensors, type Safetensors } from "./safetensors/read.ts";
import { openFolder } from "./safetensors/shards.ts";
import type { ReadHow, Source } from "./safetensors/source.ts";
import { type WriteOptions, writeSafetensors } from "./safetensors/write.ts";
import { isPlaced, put, read, type Storage, storageFor, storageOf } from "./storage.ts";

export interface LoadHow extends ReadHow {
  /** Put each tensor there as it comes: the host then holds one at a time. Otherwise they stay on the host until a program is compiled. */
  readonly device?: GPUDevice | undefined;
  /** How matrices of dense and embedding layers are held; everything else is f32. Default: as they are, f32 at first. */
  readonly dtype?: "f32" | "f16" | undefined;
  /**
   * The same matrices in codes of 8 or 4 bits with a scale for every 32 (or 16) neighbours along the inputs: 8.5 and 4.5 bits a number. One
   * whose inputs are no multiple of 16 is held in `dtype`.
   */
  readonly quantize?: "q8" | "q4" | undefined;
  /** The parameter that a stored tensor is for; undefined for one that is not read. The model's own unless given. */
  readonly rename?: ((name: string) => string | undefined) | undefined;
}

/** A file (see {@link Source}; the URL of a `….safetensors.index.json` too), the files that a user chose, a folder, a file that was opened, or named host tensors. */
export type WeightsSource = Source | readonly File[] | Folder | Safetensors | { readonly tensors: Named<HostTensor> };

type AnyModel = Pick<Model, "name" | "parameters" | "rename">;

/**
 * Gives a built model the values of a safetensors file, of several with their index, or of named host tensors. Parameters that are on a GPU are
 * written in place: programs that were compiled see them. Bytes that are given and kept as they are stored are not copied.
 * @throws KernelError `shape` before anything is changed, with every tensor that is missing, extra or of another shape; the signal's reason
 */
export async function load(
  model: AnyModel,
  from: WeightsSource,
  { device, dtype, quantize, rename = model.rename ?? ((name) => name), ...how }: LoadHow = {},
): Promise<void> {
  if (model.parameters.size === 0)
    fail(
      model.name,
      "shape",
      "it is not built: its sizes follow from its inputs. Call model.build({ x: { shape, dtype } }) first.",
    );
  const storage = (parameter: Parameter): Storage => storageFor(parameter, dtype, quantize);
  for (const parameter of model.parameters.values())
    if (isPlaced(parameter) && storage(parameter) !== storageOf(parameter))
      fail(
        model.name,
        "feature",
        `${parameter.name} lies on a device as ${storageOf(parameter)}, where programs may read it: it cannot become ${storage(parameter)}. Call model.destroy() first.`,
      );

  const into = { device, codes: quantize && (await import("./codes.ts")).codes };

  if (isTensors(from)) {
    const given = Object.entries(from.tensors).map(
      ([name, { data, shape, dtype }]) => [name, tensor(data as number[], shape, dtype)] as const,
    );
    const to = match(model, given, rename);
    for (const [name, { data, dtype }] of given) {
      const parameter = to.get(name);
      if (parameter) put(parameter, { data, dtype: dtype as "f32" | "f16" }, storage(parameter), into);
    }
    return;
  }
  const file = await openAny(from, how);
  try {
    const stored = file.entries.map(({ name, dtype, shape }) => [name, { shape, dtype }] as const);
    const to = match(model, stored, rename);
    for await (const one of file.tensors()) {
      const parameter = to.get(one.name);
      if (parameter) put(parameter, floatsOf(one)!, storage(parameter), into);
    }
  } finally {
    await file.close();
  }
}

const isTensors = (from: WeightsSource): from is { readonly tensors: Named<HostTensor> } =>
  typeof from === "object" && "tensors" in from && typeof from.tensors === "object";

async function openAny(
  from: Exclude<WeightsSource, { readonly tensors: Named<HostTensor> }>,
  how: ReadHow,
): Promise<Safetensors> {
  if (Array.isArray(from)) return openFolder(folder(from as readonly File[]), how);
  if (typeof from === "object" && "entries" in from && Array.isArray(from.entries)) return from as Safetensors;
  if (typeof from === "object" && "open" in from) return openFolder(from as Folder, how);
  const [, base, index] =
    typeof from === "string" || from instanceof URL ? (/^(.*\/)([^/?]+\.index\.json)$/.exec(`${from}`) ?? []) : [];
  return base ? openFolder(folder(base), how, index) : openSafetensors(from as Source, how);
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
    else if (!["F32", "F16", "BF16", "f32", "f16"].includes(dtype))
      wrong.push(`mistyped: ${name} is ${dtype}; needed is a float`);
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
