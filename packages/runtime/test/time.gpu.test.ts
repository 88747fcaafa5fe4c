import { allocate, caps, maskCaps, record, time, upload } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test } from "vitest";
import { axpy } from "./kernels.ts";

// What is timed is not asserted: only that it is a time, of what was asked.
describe("time", async () => {
  const device = await laneDevice();
  const n = 4096;
  const plan = await axpy.plan(device, { x: { shape: [n], dtype: "f32" }, y: { shape: [n], dtype: "f32" } });
  const x = upload(device, { data: new Float32Array(n), shape: [n] });
  const ys = [0, 1, 2].map(() => allocate(device, { shape: [n], dtype: "f32" }));
  const bound = ys.map((y) => plan.bind({ x, y }));

  test.for([false, true])("two contestants, wall clock: %s", async (wall) => {
    const order: string[] = [];
    const runs: number[] = [];
    const contestants = [
      (pass: GPUComputePassEncoder, i: number) => {
        if (order.at(-1) !== "a") order.push("a");
        runs.push(i);
        record(pass, bound[i % 3]!);
      },
      (pass: GPUComputePassEncoder, i: number) => {
        if (order.at(-1) !== "b") order.push("b");
        record(pass, bound[i % 3]!);
        record(pass, bound[(i + 1) % 3]!);
      },
    ];
    const timings = await time(device, contestants, { samples: 5, minMs: 1, wall });
    expect(timings.length).toBe(2);
    for (const { ms, min, spread, samples, repeats, by } of timings) {
      expect(ms).toBeGreaterThan(0);
      expect(min).toBeGreaterThan(0);
      expect(min).toBeLessThanOrEqual(ms);
      expect(spread).toBeGreaterThanOrEqual(0);
      expect(samples.length).toBe(5);
      for (const sample of samples) expect(sample).toBeGreaterThan(0);
      expect(Number.isInteger(repeats) && repeats >= 1).toBe(true);
      expect(by).toBe(caps(device).timestamps && !wall ? "timestamp" : "wall");
    }
    expect(order.join("")).toBe("ab".repeat(6)); // one warm-up each, then in turns
    expect(runs).toEqual(runs.map((_, i) => i)); // counts through, so that buffers can rotate
    const { repeats } = timings[0]!;
    expect(Math.log2(repeats) % 1).toBe(0); // doubled until a sample was long enough
    expect(runs.length).toBe(1 + (2 * repeats - 1) + 5 * repeats); // the discarded run, the probes, the samples
  });

  test("as many samples as asked for, their median, and at least 5 unless asked", async () => {
    const work = (pass: GPUComputePassEncoder) => record(pass, bound[0]!);
    const [nine] = await time(device, [work], { samples: 9, minMs: 0.1 });
    expect(nine!.samples.length).toBe(9);
    expect([...nine!.samples].sort((x, y) => x - y)[4]).toBe(nine!.ms);
    const [some] = await time(device, [work], { minMs: 0.1 });
    expect(some!.samples.length).toBeGreaterThanOrEqual(5);
  });

  test("without timestamps it is the wall clock", async () => {
    const lesser = await laneDevice();
    maskCaps(lesser, { timestamps: false });
    const [timing] = await time(lesser, [() => {}], { minMs: 0.1 });
    expect(timing!.by).toBe("wall");
    lesser.destroy();
  });

  test("an error in the work is told, and the next timing works", async () => {
    const wrong = (pass: GPUComputePassEncoder) => pass.dispatchWorkgroups(1); // no pipeline
    await expect(time(device, [wrong])).rejects.toMatchObject({ name: "KernelError", kernel: "time", code: "buffer" });
    const [timing] = await time(device, [(pass) => record(pass, bound[0]!)], { minMs: 0.1 });
    expect(timing!.ms).toBeGreaterThan(0);
  });
});
