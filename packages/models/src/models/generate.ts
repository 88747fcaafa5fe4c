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
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const best = order[0] ?? fail("sample", "shape", "there are no scores to choose by.");
  if (temperature === 0) return best;
  const some = order.slice(0, topK);
  const weights = some.map((token) => Math.exp((scores[token]! - scores[best]!) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  let kept = 0; // those of top p
  let mass = 0;
  while (kept < some.length && (kept === 0 || mass < topP * total)) mass += weights[kept++]!;
  let left = next() * mass;
  for (let i = 0; i < kept - 1; i++) if ((left -= weights[i]!) < 0) return some[i]!;
  return some[kept - 1]!;
}

export interface GenerateOptions extends SampleOptions {
  /** At most so many; as many as there is room for unless given. */
  readonly tokens?: number | undefined;
  /** Tokens that end it; they are not given. */
  readonly stop?: readonly number[] | undefined;
  /** The same seed chooses the same tokens. Default 0. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tokens that follow a prompt, each as soon as it is chosen:
 *
 *     for await (const token of generate(reader, prompt, { temperature: 0.8, topK: 40, stop: [50256] })) …
 *
 * @param reader of one text (batch 1); it has read the prompt and all but the last token that was chosen
 * @throws KernelError; the signal's reason
 */
export async function* generate(
  reader: Pick<Decoder, "append" | "length" | "room" | "batch">,
  prompt: readonly number[],
  { tokens = Infinity, stop = [], seed = 0, signal, ...how }: GenerateOptions = {},
): AsyncGenerator<number, void> {
  if (reader.batch !== 1) fail("generate", "shape", `the decoder reads ${reader.batch} texts at once; needed is one.`);
  const next = random(seed);
  const seen = [...prompt];
  let unread: readonly number[] = prompt;
  for (let count = 0; count < tokens && reader.length + unread.length <= reader.room; count++) {
    signal?.throwIfAborted();
    const { logits } = await reader.append(tensor(Uint32Array.from(unread), [1, unread.length]));
    signal?.throwIfAborted();
    const token = sample(logits.data, how, next, seen);
    if (stop.includes(token)) return;
    yield token;
    seen.push(token);
    unread = [token];
  }
}
