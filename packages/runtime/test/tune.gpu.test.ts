import { defineKernel, program, wgsl } from "@tilewright/runtime";
import { type TuneProgress, type TuneResult, tune, useTuning } from "@tilewright/runtime/tune";
import { laneDevice } from "@tilewright/testing/gpu";
import { afterEach, describe, expect, test } from "vitest";
import { bytes, exact, groupsOf, START } from "./kernels.ts";

const twice = (name: string, body: string, tiles: readonly number[] = [64]) => ({
  name,
  tiles: tiles.map((each) => ({ each })),
  needs: () => ({ invocations: 64 }),
  when: () => true,
  workgroups: ({ params: { n } }: { params: { n: number } }) => groupsOf(n),
  wgsl: () => wgsl`
${START}
  ${body}
}
`,
});

/** y = 2x, by four ways of which one is right. The kernel itself would take a wrong one. */
const double = defineKernel({
  name: "double",
  operands: { x: "in", y: "out" },
  params: { n: "u32" },
  resolve: ({ x }, { flag = false }: { flag?: boolean }) => ({ params: { n: x.shape[0]! }, spec: { flag }, outputs: { y: x } }),
  variants: [
    twice("hasty", "if (i < p.n) { store_y(i, select(2.0, 2.001, i == 5u) * load_x(i)); }"),
    twice("lazy", "if (i + 1u < p.n) { store_y(i, 2.0 * load_x(i)); }"), // leaves the last element
    twice("broken", "if (i < p.n) { store_y(i, 2.0 * load_z(i)); }"),
    twice("right", "if (i < p.n) { store_y(i, 2.0 * load_x(i)); }", [1, 2]),
  ],
  proof: async () => ({
    reference: (_, { x }) => ({ y: Float64Array.from(x, (v) => 2 * v) }),
    bound: (_, __, reference) => exact(reference),
  }),
  cost: ({ params: { n }, types }) => ({ flops: n, bytes: bytes(types) }),
});

const x = (n: number) => ({ inputs: { x: { shape: [n], dtype: "f32" } } }) as const;

describe("tune", async () => {
  const device = await laneDevice();
  afterEach(() => void useTuning(device, undefined));

  test("what is wrong, unwritten or does not compile is thrown out before it is timed, even if the kernel would choose it", async () => {
    const results: TuneResult[] = [];
    const seen: TuneProgress[] = [];
    const table = await tune(device, double, [x(4096)], {
      budgetMs: 20_000,
      onResult: (result) => results.push(result),
      onProgress: (progress) => seen.push(progress),
    });
    expect(results.length).toBe(1);
    const status = Object.fromEntries(results[0]!.tried.map((t) => [`${t.variant} ${t.tile["each"]}`, t.status]));
    expect(status).toMatchObject({ "hasty 64": "wrong", "lazy 64": "wrong", "broken 64": "failed" });
    expect(results[0]!.tried.find(({ variant }) => variant === "hasty")!.reason).toMatch(/^wrong: y\[5\] is /);
    expect(results[0]!.tried.find(({ variant }) => variant === "lazy")!.reason).toMatch(/^wrong: y\[4095\] is NaN/);
    expect(results[0]!.tried.find(({ variant }) => variant === "broken")!.reason).toMatch(/did not compile/);
    for (const { round, candidate } of seen.filter((one) => one.round > 0)) expect(`${round} ${candidate}`).toMatch(/right/);
    expect(seen.filter(({ round }) => round > 0).some(({ candidate }) => /hasty|lazy|broken/.test(candidate))).toBe(false);
    const [entry] = table.kernels["double"]!["f32,f32"]!;
    expect(entry).toMatchObject({ bucket: { n: 4096 }, variant: "right" });
    expect(entry!.standard).toBeUndefined();
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);

    const plan = () => double.plan(device, { x: { shape: [3000], dtype: "f32" } });
    expect((await plan()).variant.name).toBe("hasty");
    expect(useTuning(device, table)).toEqual({ entries: 1, table, notes: [] });
    expect((await plan()).variant.name).toBe("right");
    const p = program(device);
    const net = await p.compile({ y: p.call(double, { x: p.input("x", { shape: [3000], dtype: "f32" }) }) });
    expect(net.dispatches.map(({ label }) => label)).toEqual(["double/right"]);
    net.destroy();
    p.destroy();
    expect((await double.plan(device, { x: { shape: [3000], dtype: "f32" } }, {}, { variant: "lazy" })).variant.name).toBe(
      "lazy",
    );
  });

  test("problems of one bucket are tuned once, cases are taken as they are, data too", async () => {
    const results: TuneResult[] = [];
    const kase = { dtype: "f32", keys: {}, options: {}, inputs: () => ({ x: { data: [1, 2, 3, 4, 5, 6, 7, 8], shape: [8] } }) };
    const table = await tune(device, double, [kase, x(8), { ...x(8), options: { flag: true } }], {
      budgetMs: 4000,
      onResult: (result) => results.push(result),
    });
    expect(results.map(({ index, bucket }) => [index, bucket])).toEqual([
      [0, { n: 8 }],
      [2, { n: 8, flag: true }],
    ]);
    expect(table.kernels["double"]!["f32,f32"]!.length).toBe(results.filter(({ entry }) => entry).length);
    for (const { entry, reason } of results) expect(entry?.variant ?? reason).toMatch(/right|budget/);
  });

  test("no budget, or stopped before the start: an empty table, and a reason", async () => {
    const reasons: (string | undefined)[] = [];
    const none = await tune(device, double, [x(64)], { budgetMs: 0, onResult: ({ reason }) => reasons.push(reason) });
    expect(none.kernels).toEqual({ double: {} });
    expect(reasons).toEqual(["no candidate gave a right result"]); // the kernel's own choice was all there was time for
    const stopped = await tune(device, double, [x(64)], { signal: AbortSignal.abort() });
    expect(stopped.kernels).toEqual({ double: {} });
  });

  test("stopped on its way: what is done so far", async () => {
    const stop = new AbortController();
    const results: TuneResult[] = [];
    const table = await tune(device, double, [x(64), x(4096), x(65536)], {
      budgetMs: 30_000,
      signal: stop.signal,
      onProgress: ({ problem, round }) => problem === 1 && round === 1 && stop.abort(),
      onResult: (result) => results.push(result),
    });
    expect(results.map(({ index }) => index)).toEqual([0, 1]);
    expect(table.kernels["double"]!["f32,f32"]!.map(({ bucket }) => bucket)).toEqual([{ n: 64 }]);
    expect(results[1]!.reason).toBe("stopped");
  });

  test("a wrong call is told as the kernel tells it", async () => {
    const wrong = tune(device, double, [{ inputs: { x: { shape: [-1], dtype: "f32" } } }]);
    await expect(wrong).rejects.toMatchObject({ name: "KernelError", kernel: "double", code: "shape" });
  });
});
