import { type Caps, caps, KernelError, LOW_PROFILE, maskCaps, tensor } from "@tilewright/runtime";
import { laneDevice, low } from "@tilewright/testing/gpu";
import { afterAll, describe, expect, test, vi } from "vitest";
import { axpy } from "./kernels.ts";
import { sumRows } from "./sum-rows.ts";

const made: GPUDevice[] = [];
async function fresh(): Promise<GPUDevice> {
  const device = await laneDevice();
  made.push(device);
  return device;
}
afterAll(() => {
  for (const device of made) device.destroy();
});

const axpyOf = (device: GPUDevice) => axpy.run({ x: tensor([1, 2]), y: tensor([10, 20]) }, {}, { device });

describe("caps", () => {
  test("they are the device's own, less the lane's mask", async () => {
    const device = await fresh();
    const can = caps(device);
    expect(can.maxBuffer).toBe(device.limits.maxBufferSize);
    expect(can.maxInvocations).toBe(low ? 128 : device.limits.maxComputeInvocationsPerWorkgroup);
    expect(can.f16).toBe(!low && device.features.has("shader-f16"));
    expect(can.subgroups).toBe(!low && device.features.has("subgroups"));
    expect(can.dot4).toBe(!low); // both compilers know it
    expect(can.timestamps).toBe(device.features.has("timestamp-query"));
  });

  test("the low profile is never exceeded, and gives nothing that was not there", async () => {
    const device = await fresh();
    const before = { ...caps(device) } as Record<string, unknown>;
    maskCaps(device, LOW_PROFILE);
    const after = caps(device) as unknown as Record<string, unknown>;
    for (const [key, most] of Object.entries(LOW_PROFILE)) expect(Number(after[key]), key).toBeLessThanOrEqual(Number(most));
    for (const key in before) {
      if (typeof before[key] === "string") expect(after[key]).toBe(before[key]);
      else expect(Number(after[key]), key).toBeLessThanOrEqual(Number(before[key]));
    }
  });

  test("a mask of more changes nothing, a second mask takes more", async () => {
    const device = await fresh();
    const before = { ...caps(device) };
    const all: Partial<Caps> = {
      f16: true,
      subgroups: true,
      immediates: true,
      timestamps: true,
      dot4: true,
      maxInvocations: 2 ** 20,
      maxBinding: 2 ** 40,
      maxBuffer: 2 ** 40,
    };
    maskCaps(device, all);
    expect(caps(device)).toEqual(before);
    maskCaps(device, { maxInvocations: 64, maxBinding: 1024 });
    maskCaps(device, { maxInvocations: 128 });
    expect(caps(device)).toEqual({ ...before, maxInvocations: 64, maxBinding: 1024 });
  });

  test("a lesser device is refused what it cannot do, and computes the rest", async () => {
    const device = await fresh();
    maskCaps(device, { immediates: false, maxInvocations: 64 });
    expect(Array.from((await axpyOf(device)).data)).toEqual([11, 22]);
    maskCaps(device, { maxInvocations: 32 });
    const error = await axpyOf(device).catch((cause) => cause);
    expect(error).toBeInstanceOf(KernelError);
    expect(error.code).toBe("feature");
    expect(error.message).toMatch(/^axpy: variant "flat" .* needs 64 threads a workgroup; this device allows 32/);
  });

  test("each device has its own", async () => {
    const [one, two] = [await fresh(), await fresh()];
    maskCaps(one, { maxInvocations: 1 });
    expect(caps(two).maxInvocations).toBeGreaterThan(1);
  });
});

describe("the device stays the user's", () => {
  test("it works on after kernels ran, and is not destroyed", async () => {
    const device = await fresh();
    await axpyOf(device);
    const plan = await sumRows.plan(device, { x: { shape: [3, 100], dtype: "f32" } });
    plan.destroy();
    const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(buffer, 0, Uint32Array.of(1, 2, 3, 4));
    await buffer.mapAsync(GPUMapMode.READ);
    expect(Array.from(new Uint32Array(buffer.getMappedRange()))).toEqual([1, 2, 3, 4]);
    expect(await Promise.race([device.lost, Promise.resolve("alive")])).toBe("alive");
  });

  test("no error scope is left open", async () => {
    const device = await fresh();
    await axpyOf(device);
    await axpyOf(device);
    await expect(device.popErrorScope()).rejects.toThrow(); // there is none to pop
  });

  test("run frees every buffer that it makes", async () => {
    const device = await fresh();
    await axpyOf(device);
    const made = vi.spyOn(device, "createBuffer");
    const freed = vi.spyOn(GPUBuffer.prototype, "destroy");
    await axpyOf(device);
    await sumRows.run({ x: { data: new Float32Array(200), shape: [2, 100] } }, {}, { device });
    const buffers = made.mock.results.map(({ value }) => value);
    expect(buffers.length).toBeGreaterThan(4);
    for (const buffer of buffers) expect(freed.mock.contexts, buffer.label).toContain(buffer);
    freed.mockRestore();
  });
});

describe("pipelines", () => {
  async function counted(work: (device: GPUDevice) => Promise<unknown>): Promise<number> {
    const device = await fresh();
    const compiled = vi.spyOn(device, "createComputePipelineAsync");
    await work(device);
    return compiled.mock.calls.length;
  }
  const planned = (device: GPUDevice, n: number) =>
    axpy.plan(device, { x: { shape: [n], dtype: "f32" }, y: { shape: [n], dtype: "f32" } });

  test("the same text is compiled once, for any size", async () => {
    expect(
      await counted(async (device) => [await planned(device, 4), await planned(device, 4), await planned(device, 999)]),
    ).toBe(1);
  });

  test("once as well when two plans are made at the same time", async () => {
    expect(await counted((device) => Promise.all([planned(device, 4), planned(device, 5)]))).toBe(1);
  });

  test("one that failed is tried again", async () => {
    const device = await fresh();
    vi.spyOn(device, "createComputePipelineAsync").mockRejectedValueOnce(new Error("out of luck"));
    await expect(planned(device, 4)).rejects.toMatchObject({
      code: "compile",
      message: expect.stringMatching(/"flat" did not compile. out of luck/),
    });
    await planned(device, 4);
  });

  test("each pass of a variant, and each spec, is its own", async () => {
    const both = async (device: GPUDevice) => {
      await sumRows.plan(device, { x: { shape: [2, 100], dtype: "f32" } });
      await sumRows.plan(device, { x: { shape: [2, 100], dtype: "f16" } }); // the second pass has no f16 in it
    };
    expect(await counted(both)).toBe(3);
  });
});
