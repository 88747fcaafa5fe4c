import { program, type Value } from "@tilewright/runtime";
import { nullDevice } from "@tilewright/testing/static";
import { expect, test } from "vitest";
import { attention } from "../src/index.ts";

const [heads, d] = [8, 64];

/** Bytes a call takes beside its inputs and its result. */
async function working(s: number, t: number, variant?: string): Promise<number> {
  const device = await nullDevice();
  const tape = program(device);
  const value = (name: string, rows: number) => tape.input(name, { shape: [1, heads, rows, d], dtype: "f32" });
  const { out } = tape.call(attention, { q: value("q", s), k: value("k", t), v: value("v", t) }, {}, { variant }) as {
    out: Value;
  };
  const net = await tape.compile({ out });
  const { unshared } = net.memory();
  net.destroy();
  tape.destroy();
  device.destroy();
  return unshared - heads * s * d * 4;
}

test("prefill works in no memory of its own: 512 by 512, 4096 by 4096", async () => {
  expect(await working(512, 512)).toBe(0);
  expect(await working(4096, 4096)).toBe(0);
});

test.each(attention.variants)("$name: a query takes as much with 512 keys as with 4096", async ({ name }) => {
  const [few, many] = [await working(1, 512, name), await working(1, 4096, name)];
  expect(many).toBe(few);
  expect(await working(16, 4096, name)).toBeLessThanOrEqual(16 * few);
});
