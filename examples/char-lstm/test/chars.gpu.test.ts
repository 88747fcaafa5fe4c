import { save, textLstm } from "@tilewright/models";
import { tensor } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { alphabetOf, modelOf, write } from "../chars.ts";

const text = "abacadabac"; // b, c and d are followed by a; a by b, c, d, b, c

async function all(characters: AsyncIterable<string>): Promise<string> {
  let written = "";
  for await (const character of characters) written += character;
  return written;
}

test("counted weights give the shares of the text, and what is written has them", async () => {
  const made = await modelOf(text);
  const { probabilities } = await made.model.run({ input_ids: tensor(Uint32Array.of(0, 1), [1, 2]) }, { on: "cpu" });
  [0, 0.4, 0.4, 0.2, 1, 0, 0, 0].forEach((share, i) => {
    expect(Math.abs(Number(probabilities.data[i]) - share)).toBeLessThan(0.03);
  });
  const device = await laneDevice();
  const written = await all(write(made, device, "b", { tokens: 60, temperature: 0.5, seed: 1 }));
  expect(written.length).toBe(60);
  expect(written).toMatch(/^(a[bcd]){30}$/);
  expect(new Set(written)).toEqual(new Set("abcd"));
  expect(await all(write(made, device, "b", { tokens: 60, temperature: 0.5, seed: 1 }))).toBe(written);
  await expect(all(write(made, device, "x", {}))).rejects.toThrow(/has no "x"/);
  made.model.destroy();
});

test("weights of a file bring their sizes, and must be of the text's alphabet", async () => {
  const file = await save(textLstm({ vocabulary: 4, units: 6, width: 5, layers: 2, seed: 3 }));
  const { model } = await modelOf(text, file);
  expect(model.options).toEqual({ vocabulary: 4, units: 6, width: 5, layers: 2 });
  await expect(modelOf("ab", file)).rejects.toThrow(/misshapen: embedding.weight/);
  await expect(modelOf("ab", await save({ parameters: new Map() }))).rejects.toThrow(/no textLstm/);
  expect(() => alphabetOf("aaa")).toThrow(/fewer than two/);
});
