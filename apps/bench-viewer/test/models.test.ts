import { gpt } from "@tilewright/models";
import { tensor } from "@tilewright/runtime";
import { expect, test } from "vitest";
import { attentionOf } from "../src/models/attention.ts";
import { asDigit } from "../src/models/ink.ts";
import { plainTokens, vocabularyTokens } from "../src/models/tokens.ts";

test("text without a vocabulary is bytes, or characters where there is no room for them", () => {
  const bytes = plainTokens(50257);
  expect(bytes.encode("é!")).toEqual([0xc3, 0xa9, 33]);
  expect(bytes.decode(bytes.encode("Höhe ≤ 3"))).toBe("Höhe ≤ 3");
  const characters = plainTokens(96);
  expect(characters.encode("\n A~")).toEqual([0, 1, 34, 95]);
  expect(characters.decode(characters.encode("To be?\n"))).toBe("To be?\n");
  expect(() => characters.encode("é")).toThrow('no character "é"');
});

test("GPT-2 writes a space as U+0120, and the longest token is taken", () => {
  const tokens = vocabularyTokens(JSON.stringify({ t: 0, th: 1, the: 2, Ġ: 3, Ġthe: 4, Ã: 5, "©": 6 }));
  expect(tokens.encode("the the t")).toEqual([2, 4, 3, 0]);
  expect(tokens.decode([2, 4, 3, 0])).toBe("the the t");
  expect(tokens.decode(tokens.encode("é"))).toBe("é"); // bytes C3 A9
  expect(() => tokens.encode("x")).toThrow('no token for "x"');
});

test("a vocabulary of characters, as a list", () => {
  const tokens = vocabularyTokens('["a", " ", "b"]');
  expect(tokens.encode("ab a")).toEqual([0, 2, 1, 0]);
  expect(tokens.decode([0, 2, 1, 0])).toBe("ab a");
});

test("a drawing is scaled to 20 pixels, and its centre of mass put in the middle", () => {
  const ink = asDigit((x, y) => (x >= 10 && x < 22 && y >= 60 && y < 100 ? 1 : 0), 120)!; // 12 wide, 40 high: becomes 6 x 20
  const [rows, cols] = [new Set<number>(), new Set<number>()];
  ink.forEach((value, i) => {
    if (value <= 128) return;
    rows.add(Math.floor(i / 28));
    cols.add(i % 28);
  });
  expect([...rows]).toEqual(Array.from({ length: 20 }, (_, i) => 4 + i));
  expect([...cols].sort((a, b) => a - b)).toEqual([11, 12, 13, 14, 15, 16]);
  expect(asDigit(() => 0, 120)).toBeUndefined();
});

test("rows of attention maps add up to 1, and none looks ahead", async () => {
  const model = gpt({ vocab_size: 11, n_positions: 8, n_embd: 8, n_layer: 2, n_head: 2 });
  const seen = attentionOf(model);
  const ids = tensor(Uint32Array.of(3, 1, 4, 1, 5), [1, 5]);
  const maps = await seen.run({ input_ids: ids }, { on: "cpu" });
  expect(Object.keys(maps)).toEqual(["layer0", "layer1"]);
  for (const { shape, data } of Object.values(maps)) {
    expect(shape).toEqual([1, 2, 5, 5]);
    for (let row = 0; row < 10; row++) {
      const weights = Array.from({ length: 5 }, (_, i) => data[5 * row + i]!);
      expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      for (let key = (row % 5) + 1; key < 5; key++) expect(weights[key]).toBe(0);
    }
  }
});
