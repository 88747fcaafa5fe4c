// Writing on: a model, and the keys and values of what it has read.
import { slice } from "@tilewright/kernels-pointwise";
import {
  allocate,
  decode,
  download,
  encode,
  fail,
  type GpuTensor,
  type HostTensor,
  type Named,
  originOf,
  type Result,
  showShape,
  type Tape,
  tape,
  tensor,
  upload,
  type Value,
  write,
} from "@tilewright/runtime";
import { evaluate, type Numbers, numbersOf } from "../cpu.ts";
import type { Parameter, Scope } from "../layer.ts";
import { steps } from "../steps.ts";
import { readSlot } from "../storage.ts";
import { trace } from "../trace.ts";
import type { Decoding, LanguageModel } from "./language-model.ts";

/** Keys and values of one layer: [batch, heads, rows, head size] each. */
export interface Past {
  readonly k: HostTensor;
  readonly v: HostTensor;
}

export interface Decoded {
  /** Of the rows that were appended: [batch, rows, width]. */
  readonly last_hidden_state: Result;
  /** For what comes behind the last of them: [batch, vocabulary]. */
  readonly logits: Result;
}

export interface Decoder {
  readonly batch: number;
  /** Rows that it has read. */
  readonly length: number;
  /** Rows that it can hold. */
  readonly room: number;
  /**
   * Reads on: u32 [batch, rows], a prompt or the next token. The first call with a number of rows compiles a program, later ones create nothing (a few are kept).
   * Calls queue up. @throws KernelError `shape` where there is no room
   */
  append(ids: HostTensor): Promise<Decoded>;
  /** What it has read, one for each layer; {@link rewind} takes it back. */
  past(): Promise<readonly Past[]>;
  /** Forgets all rows behind `length`. */
  rewind(length?: number): void;
  /** Reads nothing, knows this: rows that were decoded before, here or elsewhere. */
  restore(past: readonly Past[]): void;
  /** Frees caches and programs; the model stays. */
  destroy(): void;
}

export interface DecoderOptions {
  readonly device: GPUDevice;
  /** Default 1. */
  readonly batch?: number | undefined;
  /** Default: the model's positions. */
  readonly room?: number | undefined;
  /** How keys and values are held. Default f32. */
  readonly cache?: "f32" | "f16" | undefined;
}

/** Programs that a decoder keeps for prompts, each for a number of rows. */
const KEPT = 3;

/** A cache for a model's keys and values on a device. Decoders of one model share its weights. */
export async function decoder(
  model: LanguageModel,
  { device, batch = 1, room = model.decoding.positions, cache: dtype = "f32" }: DecoderOptions,
): Promise<Decoder> {
  const { layers, kvHeads, headSize, positions: most } = model.decoding;
  if (!Number.isInteger(room) || room < 1 || room > most)
    fail("decoder", "shape", `room is ${room}; needed is an integer from 1 to the model's ${most} positions.`);
  const shape = [batch, kvHeads, room, headSize];
  const caches = Array.from({ length: layers }, (_, i) => ({
    k: allocate(device, { shape, dtype }, `keys ${i}`),
    v: allocate(device, { shape, dtype }, `values ${i}`),
  }));
  const tables = Object.entries(model.decoding.tables(room)).map(([name, one]) => [name, upload(device, one, name)] as const);
  const programs = await steps(model, device, (p, scope, rows: number) =>
    step(p, scope, model.decoding, [batch, rows], room, {
      tables: Object.fromEntries(tables.map(([name, one]) => [name, p.constant(one)])),
      caches: caches.map(({ k, v }) => ({ k: p.constant(k), v: p.constant(v) })),
    }),
  );
  const lengths = new Set<number>(); // of prompts that have a program, the first made first
  let length = 0;

  /** Frees the program for prompts that was made first, where there are too many; that of single tokens stays. */
  function make(rows: number): void {
    if (rows === 1 || lengths.has(rows)) return;
    const [oldest] = lengths;
    if (oldest !== undefined && lengths.size === KEPT) {
      programs.forget(oldest);
      lengths.delete(oldest);
    }
    lengths.add(rows);
  }

  return {
    batch,
    room,
    get length() {
      return length;
    },

    append(given) {
      const rows = rowsOf(given, batch);
      const ids = tensor(Uint32Array.from(given.data), [batch, rows]);
      return programs.queued(async () => {
        if (length + rows > room)
          fail(
            "decoder",
            "shape",
            `it holds ${length} of ${room} rows, and ${rows} are to be read. Make one with more room, or rewind.`,
          );
        make(rows);
        const inputs = { input_ids: ids, position_ids: positionsOf(batch, rows, length) };
        const got = await programs.run(rows, inputs, { position: length, length: length + rows });
        length += rows;
        return got;
      });
    },

    async past() {
      const kept = length;
      const take = async (cache: GpuTensor) => rowsFrom(await download(device, cache), room, kept);
      return Promise.all(caches.map(async ({ k, v }) => ({ k: await take(k), v: await take(v) })));
    },

    rewind(to = 0) {
      if (!Number.isInteger(to) || to < 0 || to > length)
        fail("decoder", "shape", `it holds ${length} rows, so it cannot go back to ${to}.`);
      length = to;
    },

    restore(past) {
      const rows = pastRows(past, layers, shape);
      caches.forEach(({ k, v }, i) => {
        write(device, k, rowsTo(past[i]!.k, rows, room, dtype));
        write(device, v, rowsTo(past[i]!.v, rows, room, dtype));
      });
      length = rows;
    },

    destroy() {
      programs.destroy();
      for (const { k, v } of caches) for (const { buffer } of [k, v]) buffer.destroy();
      for (const [, { buffer }] of tables) buffer.destroy();
    },
  };
}

/** One step of a decoder by the kernels' references: what `append` gives behind `past`, and what is the past after it. */
export async function decodeOnCpu(
  model: LanguageModel,
  ids: HostTensor,
  past?: readonly Past[],
): Promise<Decoded & { readonly past: readonly Past[] }> {
  const { layers, kvHeads, headSize } = model.decoding;
  const batch = ids.shape[0]!;
  const rows = rowsOf(ids, batch);
  const before = past ? pastRows(past, layers, [batch, kvHeads, Infinity, headSize]) : 0;
  const room = before + rows; // as large as it is full: nothing is left open
  const shape = [batch, kvHeads, room, headSize];
  const t = tape();
  const type = { shape, dtype: "f32" } as const;
  const caches = Array.from({ length: layers }, () => ({ k: t.constant(type), v: t.constant(type) }));
  const { scope, used } = trace(t, model.parameters as Map<string, Parameter>, ({ shape, dtype }) =>
    t.constant({ shape, dtype }),
  );
  const tables = model.decoding.tables(room);
  const placed = Object.fromEntries(Object.entries(tables).map(([name, one]) => [name, t.constant(one)]));
  const outputs = step(t, scope, model.decoding, [batch, rows], room, { tables: placed, caches });
  const given = new Map<Value, Numbers>([
    [t.inputs.get("input_ids")!, Uint32Array.from(ids.data)],
    [t.inputs.get("position_ids")!, positionsOf(batch, rows, before).data],
  ]);
  for (const [value, slot] of used) given.set(value, numbersOf(await readSlot(slot), value));
  for (const [name, value] of Object.entries(placed)) given.set(value, numbersOf(tables[name]!, value));
  caches.forEach(({ k, v }, i) => {
    given.set(k, past ? decode(rowsTo(past[i]!.k, before, room)) : new Float32Array(batch * kvHeads * headSize * room));
    given.set(v, past ? decode(rowsTo(past[i]!.v, before, room)) : new Float32Array(batch * kvHeads * headSize * room));
  });
  const numbers = await evaluate(t, (value) => given.get(value)!);
  const result = (value: Value): Result => ({
    shape: value.shape,
    dtype: value.dtype,
    data: encode(numbers.get(originOf(value))!, value.dtype),
  });
  return {
    last_hidden_state: result(outputs.last_hidden_state),
    logits: result(outputs.logits),
    past: caches.map(({ k, v }) => ({ k: result(k), v: result(v) })),
  };
}

/** The calls of a step: the rows, and the words behind the last. */
function step(
  p: Tape,
  scope: Scope,
  { hidden, logits, vocabulary }: Decoding,
  [batch, rows]: readonly [number, number],
  room: number,
  { tables, caches }: { readonly tables: Named<Value>; readonly caches: readonly { readonly k: Value; readonly v: Value }[] },
) {
  const ids = p.input("input_ids", { shape: [batch, rows], dtype: "u32" });
  const positions = p.input("position_ids", { shape: [batch, rows], dtype: "u32" });
  const at = { position: p.param("position", room - rows), length: p.param("length", room) };
  const x = hidden(scope, ids, tables, { positions, caches: caches.map((cache) => ({ ...cache, ...at })) });
  const last = rows === 1 ? x : p.call(slice, { x }, { starts: [rows - 1], axes: [1] });
  return { last_hidden_state: x, logits: p.reshape(logits(scope, last), [batch, vocabulary]) };
}

/** Rows of each text from `first` on. */
const positionsOf = (batch: number, rows: number, first: number): Result =>
  tensor(
    Uint32Array.from({ length: batch * rows }, (_, i) => first + (i % rows)),
    [batch, rows],
  );

function rowsOf({ shape }: HostTensor, batch: number): number {
  if (shape.length !== 2 || shape[0] !== batch || !(shape[1]! > 0))
    fail("decoder", "shape", `ids is ${showShape(shape)}; needed is [${batch}, rows], at least one row.`);
  return shape[1]!;
}

/** How many rows a past holds. @throws KernelError `shape` */
function pastRows(past: readonly Past[], layers: number, [batch, heads, room, size]: readonly number[]): number {
  const rows = past[0]?.k.shape[2] ?? 0;
  const needed = `${[batch, heads, rows, size]}`;
  if (past.length !== layers || rows > room! || past.some(({ k, v }) => `${k.shape}` !== needed || `${v.shape}` !== needed))
    fail(
      "decoder",
      "shape",
      `a past of ${past.length} layers, the first ${showShape(past[0]?.k.shape ?? [])}; needed are ${layers} of [${batch},${heads},rows,${size}], at most ${room} rows.`,
    );
  return rows;
}

/** [batch, heads, rows, size] in room for more rows, the rest being zeros. */
function rowsTo(given: HostTensor, rows: number, room: number, dtype: "f32" | "f16" = "f32"): Result {
  const [batch = 0, heads = 0, , size = 0] = given.shape;
  const data = decode(given);
  const all = new Float32Array(batch * heads * room * size);
  for (let h = 0; h < batch * heads; h++)
    for (let i = 0; i < rows * size; i++) all[h * room * size + i] = data[h * rows * size + i]!;
  return { data: encode(all, dtype), shape: [batch, heads, room, size], dtype };
}

/** The first rows of a cache. */
function rowsFrom(given: Result, room: number, rows: number): Result {
  const [batch = 0, heads = 0, , size = 0] = given.shape;
  const data = decode(given);
  const some = new Float32Array(batch * heads * rows * size);
  for (let h = 0; h < batch * heads; h++)
    for (let i = 0; i < rows * size; i++) some[h * rows * size + i] = data[h * room * size + i]!;
  return { data: some, shape: [batch, heads, rows, size], dtype: "f32" };
}
