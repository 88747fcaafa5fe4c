import { lane, laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { randomFolder } from "../random.ts";
import { open, summary, write } from "../writer.ts";

test("a folder's model writes the same on the GPU and by the references; the same seed writes the same again", async () => {
  const device = await laneDevice();
  const from = await randomFolder();
  // Node's driver compiles the kernels of codes for ten seconds.
  for (const quantize of lane === "chrome" ? ([undefined, "q4"] as const) : [undefined]) {
    const writer = await open(from, { device, quantize });
    const how = { tokens: 12, temperature: quantize ? 0.9 : 0, topK: 20, seed: 4, room: 64 };
    const pieces: string[] = [];
    const gpu = await write(writer, "Once upon a time", device, { ...how, onPiece: (piece) => pieces.push(piece) });
    expect(pieces.join("")).toBe(gpu.text);
    expect(gpu.text.length).toBeGreaterThan(0);
    expect((await write(writer, "Once upon a time", "cpu", how)).text).toBe(gpu.text);
    expect([gpu.promptTokens, gpu.tokens <= 12]).toEqual([16, true]);
    expect(summary(gpu)).toMatch(/tokens behind 16/);
    const stop = gpu.text[3]!;
    const stopped = await write(writer, "Once upon a time", device, { ...how, stop: [stop] });
    expect(stopped.text).toBe(gpu.text.slice(0, gpu.text.indexOf(stop)));
    await expect(write(writer, "Once", device, { ...how, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    writer.model.destroy();
  }
});
