// Who is wrong is shown as wrong: contestants made for it, beside ours, on a real device.
import { matmulSuite } from "@tilewright/kernels-matmul/cases";
import { lane } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { type Contestant, type Entry, type Runnable, race, type Start, starts, type Task, Unable } from "../src/index.ts";

if (lane === "node") (await import("../src/node.ts")).likeAPage();

const { kernel, cases } = matmulSuite;
const kase = cases.find(({ keys }) => keys["m"] === 16 && keys["bias"] && keys["activation"] === "relu")!;
const ours = starts([kernel])[0]!;

/** Answers with the reference, or nearly. */
function actor(name: string, spoil: (c: Float64Array) => ArrayLike<number>, more: Partial<Runnable> = {}): Start {
  const prepare = async ({ inputs, outputs }: Task): Promise<Runnable> => {
    const { c } = (await kernel.proof()).reference(
      kernel.problem(kase.inputs(), kase.options),
      Object.fromEntries(Object.entries(inputs).map(([key, { data }]) => [key, data as ArrayLike<number>])) as never,
    ) as { c: Float64Array };
    expect(Object.keys(outputs)).toEqual(["c"]);
    return { run() {}, sync: async () => {}, read: async () => ({ c: spoil(c) }), dispose() {}, ...more };
  };
  return { name, load: async (): Promise<Contestant> => ({ name, version: "1", prepare, close() {} }) };
}

const changed = (i: number, to: (x: number) => number) => (c: Float64Array) => c.map((x, j) => (j === i ? to(x) : x));

test("a race tells right from wrong, unable and failed", async () => {
  const fail = () => Promise.reject(new Error("no more"));
  let runs = 0;
  const { entries, sets } = await race(
    [
      ours,
      actor("right", (c) => c),
      actor(
        "one element off",
        changed(77, (x) => x + 0.01),
      ),
      actor(
        "NaN",
        changed(0, () => Number.NaN),
      ),
      actor("short", (c) => c.slice(1)),
      actor("fails at once", (c) => c, { run: fail }),
      actor("fails later", (c) => c, { run: () => (++runs > 40 ? fail() : undefined) }),
      actor("fails when read", (c) => c, { read: fail }),
      { name: "does not load", load: () => Promise.reject(new Error("no adapter")) },
      {
        name: "unable",
        load: async () => ({ name: "unable", version: "2", prepare: () => Promise.reject(new Unable("not here")), close() {} }),
      },
    ],
    kernel,
    kase,
    { samples: 3 },
  );
  expect(sets).toBeGreaterThan(1);
  const by = Object.fromEntries(entries.map((entry) => [entry.name, entry]));
  const statuses = entries.map(({ status }) => status);
  expect(statuses).toEqual(["right", "right", "wrong", "wrong", "wrong", "failed", "failed", "failed", "failed", "unable"]);
  expect(by["one element off"]!.reason).toMatch(/^c\[77\] is/);
  expect(by["short"]!.reason).toMatch(/elements/);
  expect(by["does not load"]!.reason).toBe("no adapter");
  for (const { ms, firstMs, samples } of entries.slice(0, 5)) {
    expect(samples!.length).toBe(3);
    expect(ms! >= 0 && firstMs! >= 0).toBe(true);
  }
  expect((by["unable"] as Entry).ms).toBeUndefined();
});
