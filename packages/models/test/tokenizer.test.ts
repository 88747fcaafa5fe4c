// tokenizer.json: what goes in comes out, and texts lie side by side as an encoder reads them.
import { tokenizer } from "@tilewright/models/tokenizer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytePairs, wordPieces } from "./tokenizers.ts";

const bert = tokenizer(wordPieces(["un", "##want", "##ed", "run", "##ning", ",", "low"]));

test("byte pairs: merges in order, any text comes back", () => {
  const gpt = tokenizer(bytePairs(["t h", "th e", "Ġ the"]));
  expect(gpt.encode("the the")).toEqual([257, 258]);
  expect(gpt.encode("th e!")).toEqual([256, 32, 101, 33]);
  expect(gpt.tokenOf(259)).toBe("<|endoftext|>");
  expect(gpt.idOf("<|endoftext|>")).toBe(259);
  expect(gpt.encode("a<|endoftext|>")).toEqual([97, 259]);
  expect(gpt.decode([257, 259])).toBe("the");
  expect(gpt.decode([257, 259], { special: true })).toBe("the<|endoftext|>");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      fc.pre(!text.includes("<|"));
      expect(gpt.decode(gpt.encode(text))).toBe(text);
    }),
  );
});

test("word pieces: the longest first, marks around, what is unknown is said", () => {
  expect(bert.encode("UNwanted, running")).toEqual([2, 5, 6, 7, 10, 8, 9, 3]);
  expect(bert.encode("running xyz", { special: false })).toEqual([8, 9, 1]);
  expect(bert.decode([2, 8, 9, 3])).toBe("running");
});

test("texts side by side: filled, cut, in pairs", () => {
  const { input_ids, token_type_ids, attention_mask } = bert.batch(["run", ["unwanted", "run"]]);
  expect(input_ids.shape).toEqual([2, 7]);
  expect([...input_ids.data]).toEqual([2, 8, 3, 0, 0, 0, 0, 2, 5, 6, 7, 3, 8, 3]);
  expect([...attention_mask.data]).toEqual([1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
  expect([...token_type_ids.data]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  expect(input_ids.dtype).toBe("u32");
  expect([...bert.batch(["unwanted running low"], { most: 4 }).input_ids.data]).toEqual([2, 5, 6, 3]);
  expect(bert.batch(["run"], { multiple: 8 }).input_ids.shape).toEqual([1, 8]);
  expect(bert.batch(["run"], { multiple: 8, most: 6 }).input_ids.shape).toEqual([1, 6]);
  expect(() => bert.batch([])).toThrow(/no texts/);
});

test("what is no tokenizer.json is said", () => {
  for (const json of [{}, null, "x", []]) expect(() => tokenizer(json)).toThrow(/tokenizer: this is no tokenizer.json/);
  expect(() => tokenizer({ model: { type: "Morse" } })).toThrow(/tokenizer: this tokenizer.json cannot be read/);
});
