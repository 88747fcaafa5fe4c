// Choosing tokens: the rules, by scores whose probabilities are known; and the loop around a decoder.
import { decodeOnCpu, generate, generateText, gpt, type Past, type Reader, sample } from "@tilewright/models";
import { tokenizer } from "@tilewright/models/tokenizer";
import { tensor } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";
import { bytePairs } from "./tokenizers.ts";

const scores = [0.5, 0.25, 0.125, 0.125].map(Math.log); // probabilities at temperature 1
const shares = (options: object, seen: number[] = []) => {
  const next = random(1);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 20_000; i++) counts[sample(scores, options, next, seen)]! += 1 / 20_000;
  return counts;
};
/** Within four standard deviations of 20,000 draws. */
const expectShares = (got: number[], want: number[]) => {
  for (const [i, p] of want.entries())
    expect(Math.abs(got[i]! - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / 20_000) + 1e-9);
};

test("temperature, top k, top p and the penalty give the shares that they should", () => {
  expectShares(shares({ temperature: 1 }), [0.5, 0.25, 0.125, 0.125]);
  expectShares(shares({ temperature: 0.5 }), [16 / 22, 4 / 22, 1 / 22, 1 / 22]);
  expectShares(shares({ temperature: 1, topK: 2 }), [2 / 3, 1 / 3, 0, 0]);
  expectShares(shares({ temperature: 1, topP: 0.6 }), [2 / 3, 1 / 3, 0, 0]);
  expectShares(shares({ temperature: 1, topP: 0.4 }), [1, 0, 0, 0]);
  // log ½ twice as far below 0 is log ¼.
  expectShares(shares({ temperature: 1, repetitionPenalty: 2 }, [0, 0]), [1 / 3, 1 / 3, 1 / 6, 1 / 6]);
});

test("temperature 0 takes the greatest, the first of equals, and asks for no number", () => {
  const never = () => {
    throw new Error("asked");
  };
  expect(sample([1, 3, 3, 2], {}, never)).toBe(1);
  expect(sample([1, 3, 3, 2], { repetitionPenalty: 4 }, never, [1])).toBe(2);
  expect(() => sample([], {}, never)).toThrow(/no scores/);
  expect(() => sample([1], { topP: 0 }, never)).toThrow(/topP 0/);
});

/** A decoder that computes on the CPU. */
function reader(room: number): Reader {
  const model = gpt({ vocab_size: 30, n_positions: 12, n_embd: 16, n_layer: 2, n_head: 4 }, { seed: 2 });
  let past: readonly Past[] | undefined;
  return {
    batch: 1,
    room,
    get length() {
      return past?.[0]?.k.shape[2] ?? 0;
    },
    async append(ids) {
      const got = await decodeOnCpu(model, ids, past);
      past = got.past;
      return got;
    },
  };
}
const all = async <T>(tokens: AsyncIterable<T>) => {
  const list: T[] = [];
  for await (const token of tokens) list.push(token);
  return list;
};

test("greedy tokens are those of the whole text's scores; room, count, stop and signal end it", async () => {
  const model = gpt({ vocab_size: 30, n_positions: 12, n_embd: 16, n_layer: 2, n_head: 4 }, { seed: 2 });
  const text = [3, 1, 4];
  const got = await all(generate(reader(12), text, { tokens: 5 }));
  expect(got.length).toBe(5);
  for (const token of got) {
    const { logits } = await model.run({ input_ids: tensor(Uint32Array.from(text), [1, text.length]) }, { on: "cpu" });
    expect(token).toBe(sample(Array.from(logits.data).slice(-30), {}, Math.random));
    text.push(token);
  }
  expect((await all(generate(reader(6), [3, 1, 4]))).length).toBe(4); // the last is chosen, not read
  const stopped = await all(generate(reader(12), [3, 1, 4], { tokens: 5, stop: [got[2]!] }));
  expect(stopped).toEqual(got.slice(0, got.indexOf(got[2]!)));
  const how = { temperature: 5, seed: 7, tokens: 6 };
  const [one, same, other] = await Promise.all([how, how, { ...how, seed: 8 }].map((h) => all(generate(reader(12), [3], h))));
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  const abort = new AbortController();
  const aborted = async () => {
    for await (const _ of generate(reader(12), [3], { signal: abort.signal })) abort.abort(new Error("enough"));
  };
  await expect(aborted()).rejects.toThrow("enough");
  await expect(all(generate({ ...reader(12), batch: 2 }, [3]))).rejects.toThrow(/needed is one/);
});

/** A decoder that says this, whatever it reads, and counts what it is asked. */
function says(tokens: readonly number[], vocabulary = 300): Reader & { readonly asked: () => number } {
  let length = 0;
  let asked = 0;
  return {
    ...{ batch: 1, room: 1000, asked: () => asked },
    get length() {
      return length;
    },
    async append(ids) {
      length += ids.data.length;
      const data = new Float32Array(vocabulary);
      data[tokens[asked++]!] = 1;
      const logits = tensor(data, [1, vocabulary]);
      return { logits, last_hidden_state: logits };
    },
  };
}

test("rows of tokens end it; what only began as one is given after all", async () => {
  const run = (stop: (number | number[])[], tokens = 8) => all(generate(says([1, 2, 1, 2, 3, 4, 1, 2]), [9], { tokens, stop }));
  expect(await run([])).toEqual([1, 2, 1, 2, 3, 4, 1, 2]);
  expect(await run([[1, 2, 3]])).toEqual([1, 2]);
  expect(await run([[2, 3, 5]])).toEqual([1, 2, 1, 2, 3, 4, 1, 2]);
  expect(
    await run([
      [1, 2, 7],
      [3, 4],
    ]),
  ).toEqual([1, 2, 1, 2]);
  expect(await run([[1, 2, 7], 4])).toEqual([1, 2, 1, 2, 3]);
  expect(await run([[1, 2, 7]], 7)).toEqual([1, 2, 1, 2, 3, 4, 1]); // the end is known to be the end
  await expect(run([[]])).rejects.toThrow(/empty/);
  await expect(all(generate(says([1]), []))).rejects.toThrow(/prompt is empty/);
});

test("a held token waits for what decides it, and no longer", async () => {
  const source = says([1, 2, 3, 4]);
  const tokens = generate(source, [9], { stop: [[2, 3, 5]], tokens: 4 });
  const seen: [number | undefined, number][] = [];
  for (let one = await tokens.next(); !one.done; one = await tokens.next()) seen.push([one.value, source.asked()]);
  expect(seen).toEqual([
    [1, 1],
    [2, 4],
    [3, 4],
    [4, 4],
  ]);
});

test("text comes in whole letters, up to a text that ends it, whichever tokens make it", async () => {
  const codec = tokenizer(bytePairs(["t h", "th e", "Ġ the"]));
  const run = (text: string, how: object = {}) =>
    all(generateText(says(codec.encode(text)), codec, "so", { tokens: codec.encode(text).length, ...how }));
  expect(await run(" the é🎈!")).toEqual([" the", " ", "é", "🎈", "!"]);
  expect((await run("ab the end", { stop: ["he e"] })).join("")).toBe("ab t");
  expect((await run("ab the end", { stop: ["he x", "🎈"] })).join("")).toBe("ab the end");
  expect((await run("a🎈b", { stop: ["🎈"] })).join("")).toBe("a");
  expect((await run("a\nb", { stop: [10] })).join("")).toBe("a");
  expect((await run("a🎈", { tokens: 3 })).join("")).toBe("a\ufffd"); // cut off
  const long = "the é ".repeat(60);
  expect((await run(long)).join("")).toBe(long);
});

test("the same seed gives the same tokens with every rule in use; an abort ends text too", async () => {
  const how = { temperature: 2, topK: 20, topP: 0.9, repetitionPenalty: 1.3, tokens: 6 };
  const [one, same, other] = await Promise.all([4, 4, 5].map((seed) => all(generate(reader(12), [3, 5], { ...how, seed }))));
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  const codec = {
    encode: () => [3],
    decode: (ids: readonly number[]) => ids.map((id) => String.fromCodePoint(97 + id)).join(""),
  };
  const abort = new AbortController();
  const aborted = async () => {
    for await (const _ of generateText(reader(12), codec, "x", { signal: abort.signal })) abort.abort(new Error("enough"));
  };
  await expect(aborted()).rejects.toThrow("enough");
});
