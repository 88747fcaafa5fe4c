import { expect, test } from "vitest";
import { byKernel, type Entry, type Race, rivalsTable, type Task, Unable } from "../src/index.ts";

const race = (entries: readonly Entry[]): Race => ({
  path: "matmul/*/f32/m=1",
  kernel: "matmul",
  dtype: "f32",
  size: "f32/m=1",
  flops: 2,
  bytes: 12,
  sets: 2,
  adapter: {} as Race["adapter"],
  entries,
});

const line = (table: string, who: string): string => table.split("\n").find((row) => row.includes(who))!;

test("a table gives ratios to ours, and says what is wrong, failed or not done", () => {
  const table = rivalsTable([
    race([
      { name: "Ours", version: "", status: "right", ms: 2, min: 1.5, spread: 0.1, firstMs: 30, error: 0.25 },
      { name: "Half", version: "1.2.3", status: "right", ms: 1, min: 1, spread: 0, firstMs: 90, error: 0.5 },
      { name: "Liar", version: "0.1", status: "wrong", ms: 8, min: 8, spread: 0, firstMs: 9, error: 150, reason: "c[3] is 7" },
      { name: "Idle", version: "0.2", status: "unable", reason: "it has no f16" },
      { name: "Weak", version: "0.3", status: "failed", reason: "out of memory" },
    ]),
  ]);
  expect(line(table, "Ours")).toMatch(/matmul f32\/m=1 .*\b1x.*right 0\.25/);
  expect(line(table, "Half 1.2.3")).toMatch(/0\.5x/);
  expect(line(table, "Liar")).toMatch(/4x.*WRONG 150 .*c\[3\] is 7/);
  expect(line(table, "Idle")).toMatch(/does not do this +it has no f16/);
  expect(line(table, "Weak")).toMatch(/FAILED +out of memory/);
});

test("no ratio without our own figure", () => {
  const table = rivalsTable([
    race([
      { name: "Ours", version: "", status: "failed", reason: "broken" },
      { name: "Half", version: "1", status: "right", ms: 1, min: 1, spread: 0, firstMs: 90, error: 0.5 },
    ]),
  ]);
  expect(line(table, "Half")).not.toMatch(/\dx/);
});

test("a kernel that a rival lacks is no failure", async () => {
  const prepare = byKernel("them", { matmul: () => Promise.reject(new Error("reached")) });
  const task = (kernel: string, options: object = {}) => ({ kernel, inputs: {}, options }) as Task;
  await expect(prepare(task("conv2d"))).rejects.toBeInstanceOf(Unable);
  await expect(prepare(task("toString"))).rejects.toBeInstanceOf(Unable);
  await expect(prepare(task("matmul", { alpha: 2, causal: undefined }))).rejects.toThrow("reached");
  await expect(prepare(task("matmul", { causal: true }))).rejects.toThrow(/matmul with causal/); // an option that adapters do not read
});
