// Writing a target text behind a source: the encoder once, the decoder token by token over a cache, by choice or by beam search.
import { logSoftmax, topK } from "@tilewright/kernels-reduction";
import {
  allocate,
  fail,
  type GpuTensor,
  type HostTensor,
  type Program,
  type Result,
  showShape,
  tensor,
  type Value,
} from "@tilewright/runtime";
import type { Scope } from "../layer.ts";
import { type Steps, steps } from "../steps.ts";
import { type Beam, type Candidates, type SearchOptions, search, type Translation } from "./beams.ts";
import type { Decoded, Decoder } from "./decoder.ts";
import { decode, encode, remember, scores, type Transformer } from "./transformer.ts";

export interface TranslatorOptions {
  readonly device: GPUDevice;
  /** Texts that {@link Translator.translate} follows side by side. Default 1: greedy. */
  readonly beams?: number | undefined;
  /** Tokens of a target, its start included. Default: the model's positions. */
  readonly room?: number | undefined;
  /** Tokens of a source. Default: the model's positions. */
  readonly sourceRoom?: number | undefined;
}

/** One source at a time; calls queue up. `append`, `length` and `room` are of its target, for `generate`. */
export interface Translator extends Pick<Decoder, "batch" | "length" | "room" | "append" | "destroy"> {
  readonly beams: number;
  /**
   * The encoder's rows of a source, [1, rows, width]; the decoder sees it from now on, and begins a new target. Another length than the last
   * compiles a program.
   */
  read(source: readonly number[]): Promise<Result>;
  /** Reads a source and gives its best targets, the best first: one where `beams` is 1, which is then greedy. */
  translate(source: readonly number[], options?: SearchOptions): Promise<readonly Translation[]>;
}

/**
 * Translates by a {@link transformer} on a device.
 *
 *     const reader = await translator(model, { device, beams: 4 });
 *     const [{ tokens }] = await reader.translate(source);
 *
 * Or token by token, as they are chosen: `await reader.read(source)`, then `generate(reader, [start], { stop: [end], temperature: 0.8 })`. Nothing is
 * compiled and no buffer is made after the first token of each way. Translators of one model share its weights.
 *
 * Beams are rows of one text: step t puts a key of each into the cache, and a mask tells each beam its own past. So a beam that goes on from another
 * copies nothing on the device, and all of them read the source's keys once.
 */
export async function translator(
  model: Transformer,
  { device, beams = 1, room = most(model), sourceRoom = most(model) }: TranslatorOptions,
): Promise<Translator> {
  const { config } = model;
  for (const [name, value, limit] of [
    ["beams", beams, Infinity],
    ["room", room, most(model)],
    ["sourceRoom", sourceRoom, most(model)],
  ] as const)
    if (!Number.isInteger(value) || value < 1 || value > limit)
      fail("translator", "shape", `${name} is ${value}; needed is an integer from 1 to ${limit}.`);
  const { decoder_layers: layers, decoder_attention_heads: heads, d_model: width, vocab_size } = config;
  const never = (config.bad_words_ids ?? []).flatMap((tokens) => (tokens.length === 1 ? tokens : []));
  const chosen = Math.min(2 * beams + never.length, config.decoder_vocab_size ?? vocab_size); // enough where half of them end, and all of `never` are among them
  const cache = (rows: number, name: string): Kept[] =>
    Array.from({ length: layers }, (_, i) => {
      const type = { shape: [1, heads, rows, width / heads], dtype: "f32" } as const;
      return { k: allocate(device, type, `${name} keys ${i}`), v: allocate(device, type, `${name} values ${i}`) };
    });
  const [past, source] = [cache(room * beams, "target"), cache(sourceRoom, "source")];
  let sourceRows = 0;
  let length = 0;

  // Programs: the encoder for a number of rows; one token of one text; one token of every beam.
  type Key = number | "one" | "beams";
  type Output = "memory" | "last_hidden_state" | "logits" | "values" | "indices";
  const programs = (await steps(model, device, (p: Program, scope: Scope, key: Key) => {
    const here = ({ k, v }: Kept) => ({ k: p.constant(k), v: p.constant(v) });
    if (typeof key === "number") {
      const memory = encode(scope, config, p.input("input_ids", { shape: [1, key], dtype: "u32" }));
      source.forEach((into, i) => {
        remember(scope, config, i, memory, here(into));
      });
      return { memory } as Record<Output, Value>;
    }
    const rows = key === "one" ? 1 : beams;
    const slots = room * beams;
    const [position, after] = [p.param("position", slots - rows), p.param("length", slots)];
    const sourceLength = p.param("source", sourceRoom);
    const ids = p.input("decoder_input_ids", { shape: [1, rows], dtype: "u32" });
    const positions = p.input("positions", { shape: [rows], dtype: "u32" });
    const mask = rows === 1 ? undefined : p.input("mask", { shape: [1, 1, rows, slots], dtype: "u32" });
    const beside = (i: number) => ({
      mask,
      cache: { ...here(past[i]!), position, length: after },
      memory: { ...here(source[i]!), length: sourceLength },
    });
    const x = decode(scope, config, ids, beside, positions);
    const logits = p.reshape(scores(scope, config, x), [rows, config.decoder_vocab_size ?? vocab_size]);
    if (key === "one") return { last_hidden_state: x, logits } as Record<Output, Value>;
    return p.call(topK, { x: p.call(logSoftmax, { x: logits }) }, { k: chosen }) as unknown as Record<Output, Value>;
  })) as Steps<Key, Output>;

  async function read(tokens: Uint32Array): Promise<Result> {
    if (tokens.length !== sourceRows) programs.forget(sourceRows); // one length at a time
    sourceRows = length = 0; // what fails leaves no source
    const { memory } = await programs.run(tokens.length, { input_ids: tensor(tokens, [1, tokens.length]) });
    sourceRows = tokens.length;
    return memory;
  }

  function checked(given: readonly number[]): Uint32Array {
    if (given.length === 0 || given.length > sourceRoom)
      fail("translator", "shape", `the source has ${given.length} tokens; needed are 1 to ${sourceRoom}. Cut the text.`);
    return Uint32Array.from(given);
  }

  /** The best of what follows each beam; every one of them writes its key into a slot of this step. */
  async function follow(list: readonly Beam[], step: number): Promise<Candidates> {
    const slots = room * beams;
    const mask = new Uint32Array(beams * slots);
    list.forEach(({ slots: seen }, row) => {
      for (const slot of seen) mask[row * slots + slot] = 1;
    });
    const inputs = {
      decoder_input_ids: tensor(
        Uint32Array.from(list, ({ token }) => token),
        [1, beams],
      ),
      positions: tensor(new Uint32Array(beams).fill(step), [beams]),
      ...(beams > 1 && { mask: tensor(mask, [1, 1, beams, slots]) }),
    };
    const where = { position: step * beams, length: (step + 1) * beams, source: sourceRows };
    const { values, indices } = await programs.run("beams", inputs, where);
    return { scores: values.data as Float32Array, tokens: indices.data as Int32Array, each: chosen };
  }

  return {
    batch: 1,
    beams,
    room,
    get length() {
      return length;
    },

    read(given) {
      const tokens = checked(given);
      return programs.queued(() => read(tokens));
    },

    append({ data, shape }: HostTensor) {
      if (shape.length !== 2 || shape[0] !== 1 || !(shape[1]! > 0))
        fail("translator", "shape", `ids is ${showShape(shape)}; needed is [1, rows], at least one row.`);
      const ids = Uint32Array.from(data);
      return programs.queued(async () => {
        if (sourceRows === 0) fail("translator", "shape", "it has no source yet. Call read first.");
        if (length + ids.length > room)
          fail(
            "translator",
            "shape",
            `it holds ${length} of ${room} tokens, and ${ids.length} are to be read. Read a source anew.`,
          );
        let got: Decoded | undefined;
        for (const id of ids) {
          const inputs = {
            decoder_input_ids: tensor(Uint32Array.of(id), [1, 1]),
            positions: tensor(Uint32Array.of(length), [1]),
          };
          got = await programs.run("one", inputs, { position: length, length: length + 1, source: sourceRows });
          length++;
        }
        return got!; // of the last row
      });
    },

    translate(given, { start = config.decoder_start_token_id, end = config.eos_token_id, ...options } = {}) {
      const tokens = checked(given);
      if (start === undefined || end === undefined)
        fail("translator", "shape", "its config names no start or no end token: pass { start, end }.");
      return programs.queued(async () => {
        await read(tokens);
        return search(follow, { beams, room, never, start, end, ...options });
      });
    },

    destroy() {
      programs.destroy();
      for (const { k, v } of [...past, ...source]) for (const { buffer } of [k, v]) buffer.destroy();
    },
  };
}

type Kept = { readonly k: GpuTensor; readonly v: GpuTensor };
const most = ({ config }: Transformer): number => config.max_position_embeddings ?? 512;
