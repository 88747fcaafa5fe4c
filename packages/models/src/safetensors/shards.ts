// Weights in several files, and the index that tells which tensor is in which: model.safetensors.index.json, as transformers writes it.
import { fail } from "@tilewright/runtime";
import type { Folder } from "../folder.ts";
import { type Entry, isRecord, jsonOf } from "./header.ts";
import { openSafetensors, type Safetensors } from "./read.ts";
import { open, type ReadHow } from "./source.ts";

const WHO = "safetensors";
/** The most that an index may take. */
const MOST = 100_000_000;
const SHOWN = 20;

const showAll = (problems: readonly string[]): string =>
  [...problems.slice(0, SHOWN), ...(problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [])].join("\n");

/**
 * The file of each tensor, as an index says.
 * @throws KernelError `shape` where it is no index, or names what is no file beside it
 */
export function parseIndex(text: Uint8Array): ReadonlyMap<string, string> {
  const bad = (message: string): never => fail(WHO, "shape", `not an index of weights, or a damaged one: ${message}`);
  const value = jsonOf(text, "it", bad);
  const map = isRecord(value) ? value["weight_map"] : undefined;
  if (!isRecord(map)) return bad("it has no weight_map.");
  const entries = Object.entries(map);
  if (entries.length === 0) bad("its weight_map is empty.");
  for (const [name, file] of entries)
    if (typeof file !== "string" || !/^\w[\w.-]*\.safetensors$/.test(file))
      bad(`${JSON.stringify(name)} is in ${JSON.stringify(file)}; needed is the name of a .safetensors file beside it.`);
  return new Map(entries as [string, string][]);
}

/**
 * A folder's weights: `model.safetensors`, or the files that `index` names. Every header is read, and all files are held against the index,
 * before the first tensor; then files are read one after the other. Each is opened twice, since servers and browsers keep few transfers open.
 * @throws KernelError `shape` with all that is missing, misplaced or not in the index
 */
export async function openFolder(
  folder: Folder,
  { onProgress, signal }: ReadHow = {},
  index = "model.safetensors.index.json",
): Promise<Safetensors> {
  const single = index === "model.safetensors.index.json" ? await folder.open("model.safetensors", { signal }) : undefined;
  if (single) return openSafetensors(single, { onProgress, signal });
  const found = await folder.open(index, { signal });
  if (!found) return fail(WHO, "shape", `there is neither a model.safetensors nor a ${index}.`);
  const text = await open(found, { signal });
  const map = parseIndex(await text.take(MOST));
  await text.close();

  const openShard = async (name: string, how: ReadHow) => {
    const source = await folder.open(name, { signal });
    return source && openSafetensors(source, how);
  };
  const wrong: string[] = [];
  const shards: { readonly name: string; readonly entries: readonly Entry[]; readonly size: number }[] = [];
  for (const name of [...new Set(map.values())].sort()) {
    const file = await openShard(name, { signal });
    if (!file) {
      wrong.push(`missing: the file ${name}`);
      continue;
    }
    await file.close();
    shards.push({ name, entries: file.entries, size: file.size });
    const there = new Set(file.entries.map((entry) => entry.name));
    for (const tensor of there)
      if (map.get(tensor) !== name)
        wrong.push(`misplaced: ${tensor} is in ${name}; the index has it in ${map.get(tensor) ?? "no file"}`);
    for (const [tensor, file] of map) if (file === name && !there.has(tensor)) wrong.push(`missing: ${tensor} in ${name}`);
  }
  if (wrong.length) fail(WHO, "shape", `the files do not fit their index (${wrong.length}):\n${showAll(wrong)}`);

  const size = shards.reduce((sum, shard) => sum + shard.size, 0);
  return {
    metadata: {},
    size,
    entries: shards.flatMap(({ entries }) => entries),
    close: async () => {},
    async *tensors() {
      let before = 0;
      for (const { name, entries, size: own } of shards) {
        const done = before;
        const file = await openShard(name, { signal, onProgress: (read) => onProgress?.(done + read, size) });
        if (!file || JSON.stringify(file.entries) !== JSON.stringify(entries)) {
          await file?.close();
          return fail(WHO, "shape", `${name} has changed since its header was read.`);
        }
        yield* file.tensors();
        before += own;
      }
    },
  };
}
