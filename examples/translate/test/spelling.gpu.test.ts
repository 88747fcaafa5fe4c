import { translator } from "@tilewright/models";
import { tensor } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { encode, LONGEST, spell, speller, spelt } from "../spelling.ts";

test("words are spelt, short and as long as there is room, greedily and by beams", async () => {
  const model = await speller();
  const device = await laneDevice();
  const long = "thequickbrownfoxjumpsoverlazydog".slice(0, LONGEST - 1);
  for (const beams of [1, 3]) {
    const reader = await translator(model, { device, beams });
    for (const word of beams === 1 ? ["a", "hello", "aabba", long] : ["beam"]) {
      const [best] = await spell(reader, word);
      expect(best!.words).toBe(spelt(word));
      expect(best!.probability).toBeGreaterThan(0.99);
    }
    await expect(spell(reader, "two words")).rejects.toThrow(/only the letters/);
    await expect(spell(reader, `${long}x`)).rejects.toThrow(/room for 31/);
    reader.destroy();
  }
  // The references, of a whole target at once: every letter at every place.
  const source = encode(long);
  const { logits } = await model.run(
    {
      input_ids: tensor(Uint32Array.from(source), [1, LONGEST]),
      decoder_input_ids: tensor(Uint32Array.from([27, ...source.slice(0, -1)]), [1, LONGEST]),
    },
    { on: "cpu" },
  );
  const rows = Array.from(logits.data, Number);
  source.forEach((token, row) => {
    const scores = rows.slice(28 * row, 28 * row + 28);
    expect(scores.indexOf(Math.max(...scores))).toBe(token);
  });
  model.destroy();
});
