import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { cosine, embed, open, rank } from "../encoder.ts";
import { QUESTION, randomFolder, TEXTS } from "../random.ts";

test("vectors are of length 1, the references', and the same in whatever company", async () => {
  const device = await laneDevice();
  const encoder = await open(await randomFolder(), { device });
  const texts = [QUESTION, ...TEXTS.slice(0, 2)];
  const { vectors, tokens } = await embed(encoder, texts, device);
  const { vectors: wanted } = await embed(encoder, texts, "cpu");
  const [alone] = (await embed(encoder, [TEXTS[0]!], "cpu")).vectors;
  for (const [i, vector] of vectors.entries()) {
    expect(vector.length).toBe(64);
    expect(cosine(vector, vector)).toBeCloseTo(1, 5);
    expect(cosine(vector, wanted[i]!)).toBeCloseTo(1, 5);
  }
  expect(cosine(alone!, vectors[1]!)).toBeCloseTo(1, 5);
  expect(cosine(vectors[0]!, vectors[1]!)).toBeLessThan(0.999);
  expect(tokens).toBe(Array.from(encoder.tokenizer.batch(texts).attention_mask.data).reduce((sum, one) => sum + one, 0));
  const { ranked } = await rank(encoder, TEXTS[1]!, TEXTS.slice(0, 2), device);
  expect(ranked.map(({ text }) => text)).toEqual([TEXTS[1], TEXTS[0]]);
  expect(ranked[0]!.similarity).toBeCloseTo(1, 5);
  encoder.model.destroy();
});
