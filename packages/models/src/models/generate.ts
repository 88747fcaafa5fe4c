// Choosing the next token, again and again.
import { fail, tensor } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import type { Decoder } from "./decoder.ts";

export interface SampleOptions {
  /** Scores are divided by it; 0, the default, takes the greatest. */
  readonly temperature?: number | undefined;
  /** Only the k greatest: Fan, Lewis and Dauphin 2018, arXiv:1805.04833. Default: all. */
  readonly topK?: number | undefined;
  /** Only the fewest whose probabilities reach p: Holtzman et al. 2019, arXiv:1904.09751. Default 1: all. */
  readonly topP?: number | undefined;
  /** Scores of tokens that were there are divided by it, or multiplied below 0: Keskar et al. 2019, arXiv:1909.05858. Default 1. */
  readonly repetitionPenalty?: number | undefined;
}

/**
 * A token by its scores: first the penalty, then the temperature, top k and top p, as transformers has it.
 * @param next a number in [0, 1); not asked for at temperature 0
 * @param seen tokens that the penalty is for
 */
export function sample(
  logits: ArrayLike<number>,
  { temperature = 0, topK = Infinity, topP = 1, repetitionPenalty = 1 }: SampleOptions,
  next: () => number,
  seen: Iterable<number> = [],
): number {
  if (!(temperature >= 0) || !(topK >= 1) || !(topP > 0 && topP <= 1) || !(repetitionPenalty > 0))
    fail(
      "sample",
      "shape",
      `temperature is ${temperature}, topK ${topK}, topP ${topP}, repetitionPenalty ${repetitionPenalty}; needed are at least 0, at least 1, above 0 to 1, above 0.`,
    );
  const scores = Float64Array.from(logits);
  for (const token of new Set(seen)) scores[token]! *= scores[token]! > 0 ? 1 / repetitionPenalty : repetitionPenalty;
  const [best] = greatest(scores, 1);
  if (best === undefined) return fail("sample", "shape", "there are no scores to choose by.");
  if (temperature === 0) return best;
  const weight = (token: number) => Math.exp((scores[token]! - scores[best]!) / temperature);
  const all = topK >= scores.length;
  let some = all ? [...scores.keys()] : greatest(scores, topK);
  let mass = some.reduce((sum, token) => sum + weight(token), 0);
  if (topP < 1) {
    const enough = topP * mass;
    // The greatest are few, as a rule: all are sorted only where they have to be.
    for (let count = 64; all; count *= 8) {
      some = greatest(scores, count);
      if (count >= scores.length || some.reduce((sum, token) => sum + weight(token), 0) >= enough) break;
    }
    let kept = 0;
    for (mass = 0; kept < some.length && (kept === 0 || mass < enough); ) mass += weight(some[kept++]!);
    some = some.slice(0, kept);
  }
  let left = next() * mass;
  for (const token of some) if ((left -= weight(token)) < 0) return token;
  return some.at(-1)!;
}

/** Indices of the greatest, in order; the first of equals first. */
function greatest(scores: Float64Array, count: number): number[] {
  const before = (a: number, b: number) => scores[b]! - scores[a]! || a - b;
  if (count > scores.length / 8) return [...scores.keys()].sort(before).slice(0, count);
  const found: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (found.length === count && !(scores[i]! > scores[found[count - 1]!]!)) continue;
    let at = found.length;
    while (at > 0 && before(i, found[at - 1]!) < 0) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
}

export interface GenerateOptions extends SampleOptions {
  /** At most so many; as many as there is room for unless given. */
  readonly tokens?: number | undefined;
  /** Tokens, or tokens in a row, that end it; they are not given. What may be the beginning of such a row is held back until it is known. */
  readonly stop?: readonly (number | readonly number[])[] | undefined;
  /** The same seed chooses the same tokens. Default 0. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What {@link generate} needs of a decoder. */
export type Reader = Pick<Decoder, "append" | "length" | "room" | "batch">;

/**
 * Tokens that follow a prompt, each as soon as it is chosen:
 *
 *     for await (const token of generate(reader, prompt, { temperature: 0.8, topK: 40, stop: [50256] })) …
 *
 * @param reader of one text (batch 1); it has read the prompt and all but the last token that was chosen
 * @throws KernelError; the signal's reason
 */
export async function* generate(
  reader: Reader,
  prompt: readonly number[],
  { tokens = Infinity, stop = [], seed = 0, signal, ...how }: GenerateOptions = {},
): AsyncGenerator<number, void> {
  if (reader.batch !== 1) fail("generate", "shape", `the decoder reads ${reader.batch} texts at once; needed is one.`);
  if (prompt.length === 0) fail("generate", "shape", "the prompt is empty; needed is a token at least.");
  const next = random(seed);
  const seen = [...prompt];
  const held = holdBack(stop.map((one) => (typeof one === "number" ? [one] : one)));
  let unread: readonly number[] = prompt;
  for (let count = 0; count < tokens && reader.length + unread.length <= reader.room; count++) {
    signal?.throwIfAborted();
    const { logits } = await reader.append(tensor(Uint32Array.from(unread), [1, unread.length]));
    signal?.throwIfAborted();
    const token = sample(logits.data, how, next, seen);
    const { ready, stopped } = held.add([token]);
    yield* ready;
    if (stopped) return;
    seen.push(token);
    unread = [token];
  }
  yield* held.rest();
}

/**
 * Lets through what comes, up to the first of some rows; what may be the beginning of one stays until it is known.
 * @param rows none of them empty
 */
function holdBack<T>(rows: readonly (readonly T[])[]) {
  if (rows.some(({ length }) => length === 0)) fail("generate", "shape", "a stop sequence is empty.");
  const longest = Math.max(0, ...rows.map(({ length }) => length));
  let held: T[] = [];
  /** Whether a row stands there, or, not `whole`, what may become one. */
  const standsAt = (from: number, whole: boolean) =>
    rows.some((row) => {
      const there = held.slice(from, from + row.length);
      return (!whole || there.length === row.length) && there.every((one, i) => one === row[i]);
    });
  return {
    add(more: Iterable<T>): { readonly ready: readonly T[]; readonly stopped: boolean } {
      held.push(...more);
      for (let from = 0; from < held.length; from++)
        if (standsAt(from, true)) return { ready: held.slice(0, from), stopped: true };
      let from = Math.max(0, held.length - longest + 1);
      while (from < held.length && !standsAt(from, false)) from++;
      const ready = held.slice(0, from);
      held = held.slice(from);
      return { ready, stopped: false };
    },
    rest: (): readonly T[] => held,
  };
}

/** What {@link generateText} needs of a tokenizer. */
export interface Codec {
  encode(text: string): readonly number[];
  decode(ids: readonly number[]): string;
}

export interface GenerateTextOptions extends Omit<GenerateOptions, "stop"> {
  /** Tokens, tokens in a row, or texts that end it; they are not given. */
  readonly stop?: readonly (number | readonly number[] | string)[] | undefined;
}

/**
 * The text that follows a prompt, piece by piece; letters of several tokens come whole.
 *
 *     for await (const piece of generateText(reader, tokenizer(json), "Once upon", { temperature: 0.8, stop: ["\n"] })) …
 */
export async function* generateText(
  reader: Reader,
  codec: Codec,
  prompt: string | readonly number[],
  { stop = [], ...how }: GenerateTextOptions = {},
): AsyncGenerator<string, void> {
  const ids = typeof prompt === "string" ? codec.encode(prompt) : prompt;
  const texts = stop.filter((one) => typeof one === "string");
  const held = holdBack(texts.map((text) => [...text]));
  // Decoded behind the prompt's end, where tokenizers keep a space that they drop at a text's beginning. What is done moves on at spaces
  // of its own, so that a long text costs no more a token than a short one.
  let known = [...ids.slice(-CONTEXT)];
  let before = codec.decode(known).replace(/\ufffd+$/, "");
  let waiting = 0;
  for await (const token of generate(reader, ids, { ...how, stop: stop.filter((one) => typeof one !== "string") })) {
    known.push(token);
    const text = codec.decode(known);
    if (text.endsWith("\ufffd") && ++waiting < 4) continue; // a letter's first bytes
    waiting = 0;
    const { ready, stopped } = held.add(text.slice(before.length));
    before = text;
    if (ready.length > 0) yield ready.join("");
    if (stopped) return;
    if (known.length > 4 * CONTEXT) {
      known = known.slice(-CONTEXT);
      before = codec.decode(known);
    }
  }
  const rest = [...held.rest(), ...codec.decode(known).slice(before.length)].join("");
  if (rest) yield rest;
}

/** Tokens that are decoded again with each new one. */
const CONTEXT = 16;
