import { caps, defineKernel, refusal, tensor, upload, variantsOf } from "@tilewright/runtime";
import { adapterKey, TUNING_SCHEMA, type TuneResult, type TuneTable, tune, useTuning } from "@tilewright/runtime/tune";
import { laneDevice, low } from "@tilewright/testing/gpu";
import { afterEach, describe, expect, test } from "vitest";
import { matmul } from "../src/matmul.ts";
import { naive } from "../src/variants/naive.ts";

const type = (rows: number, columns: number, dtype: "f32" | "f16" = "f32") => ({ shape: [rows, columns], dtype }) as const;

// What a tuner does is the same with less to choose from.
describe.skipIf(low)("tuning matmul", async () => {
  const device = await laneDevice();
  afterEach(() => void useTuning(device, undefined));

  test("a budget finds a table, and plans take what it says", async () => {
    const results: TuneResult[] = [];
    const problems = [{ inputs: { a: type(64, 64), b: type(64, 64) } }];
    const table = await tune(device, matmul, problems, { budgetMs: 40_000, onResult: (result) => results.push(result) });
    const [{ tried, entry, reason }] = results as [TuneResult];
    expect(tried.filter(({ status }) => status === "wrong" || status === "failed")).toEqual([]);
    expect(entry, `${reason}\n${JSON.stringify(tried)}`).toBeDefined();
    expect(table.kernels["matmul"]!["f32,f32,f32"]).toEqual([entry]);
    expect(entry!.bucket).toEqual({ m: 64, n: 64, k: 64, operands: "f32", vecA: true, vecB: true, vecC: true });
    expect(entry!.ms).toBeGreaterThan(0);
    expect(entry!.standard).toBeDefined();

    // Every variant and tile that the device can run is accounted for, once.
    const problem = matmul.problem(problems[0]!.inputs);
    const able = (await variantsOf(matmul)).flatMap((v) =>
      v.tiles.filter((t) => !refusal(v, t, problem, caps(device))).map((t) => [v.name, t]),
    );
    const named = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort();
    expect(named(tried.map(({ variant, tile }) => [variant, tile]))).toEqual(named(able));

    expect(useTuning(device, table).notes).toEqual([]);
    const { variant, tile } = await matmul.plan(device, { a: type(60, 64), b: type(64, 68) });
    expect([variant.name, tile]).toEqual([entry!.variant, entry!.tile]);
  });

  test("any entry can be forced by a table, and gives the same result", async () => {
    const a = tensor(
      Array.from({ length: 40 * 36 }, (_, i) => (i % 7) - 3),
      [40, 36],
    );
    const b = tensor(
      Array.from({ length: 36 * 44 }, (_, i) => (i % 5) - 2),
      [36, 44],
    );
    const expected = [...(await matmul.run({ a, b }, {}, { on: "cpu" })).data];
    const problem = matmul.problem({ a, b });
    const can = caps(device);
    for (const v of await variantsOf(matmul)) {
      if (can.software && v.needs(v.tiles[0]!).workgroupBytes) continue; // slow to compile
      const tile = v.tiles.findLast((t) => !refusal(v, t, problem, can));
      if (!tile) continue;
      const bucket = { m: 32, n: 32, k: 32, vecA: true, vecB: true, vecC: true };
      const kernels = { matmul: { "f32,f32,f32": [{ bucket, variant: v.name, tile, ms: 1 }] } };
      const table: TuneTable = { schema: TUNING_SCHEMA, adapter: adapterKey(device), kernels };
      expect(useTuning(device, table).entries).toBe(1);
      const plan = await matmul.plan(device, { a, b });
      expect([plan.variant.name, plan.tile]).toEqual([v.name, tile]);
      expect([...(await matmul.run({ a: upload(device, a), b }, {}, { device })).data]).toEqual(expected);
    }
  });

  test("a table never takes a variant that cannot do the call", async () => {
    const bucket = { m: 32, n: 32, k: 32, half: true };
    const list = (await variantsOf(matmul)).flatMap((v) => v.tiles.map((tile) => ({ bucket, variant: v.name, tile, ms: 1 })));
    const kernels = { matmul: { "f16,f16,f16": list } };
    useTuning(device, { schema: TUNING_SCHEMA, adapter: adapterKey(device), kernels });
    const call = { a: type(33, 31, "f16"), b: type(31, 35, "f16") } as const;
    const { variant, tile, problem } = await matmul.plan(device, call);
    expect(refusal(variant, tile, problem, caps(device))).toBeUndefined();
  });

  test("a fast way to a result that is a little off is thrown out", async () => {
    const honest = naive as Extract<typeof naive, { wgsl: unknown }>; // one dispatch
    const cheat = {
      ...honest,
      name: "cheat",
      when: () => true,
      wgsl: (...args: Parameters<typeof honest.wgsl>) => honest.wgsl(...args).replace("p.alpha * sum", "1.0001 * sum"),
    };
    const tempted = defineKernel({ ...matmul, variants: [cheat, ...matmul.variants.filter(({ name }) => name === "naive")] });
    const results: TuneResult[] = [];
    const table = await tune(device, tempted, [{ inputs: { a: type(48, 40), b: type(40, 52) } }], {
      budgetMs: 20_000,
      onResult: (result) => results.push(result),
    });
    const [{ tried }] = results as [TuneResult];
    expect(tried.map(({ variant, status }) => [variant, status])).toEqual([
      ["cheat", "wrong"],
      ["naive", "timed"],
    ]);
    expect(table.kernels["matmul"]!["f32,f32,f32"]!.map(({ variant }) => variant)).toEqual(["naive"]);
  });

  test("a large problem is checked on a smaller one that runs the same shaders", async () => {
    const results: TuneResult[] = [];
    await tune(device, matmul, [{ inputs: { a: type(32, 1024), b: type(1022, 1024) }, options: { transB: true } }], {
      budgetMs: 1500,
      onResult: (result) => results.push(result),
    });
    const [{ checkedOn, tried }] = results as [TuneResult];
    expect(checkedOn).toMatch(/^\[32,\d+\] · \[\d+,\d+\]$/);
    const [k, n, alike] = [...checkedOn!.matchAll(/\d+/g)].map(Number).slice(1);
    expect([k! % 4, n! % 4, k === alike, k! < 1024]).toEqual([0, 2, true, true]);
    expect(tried.some(({ status }) => status === "wrong" || status === "failed")).toBe(false);
  });
});
