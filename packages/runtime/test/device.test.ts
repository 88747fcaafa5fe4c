// What a user sees without WebGPU: stand-ins for `navigator.gpu`, no device.
import { caps, KernelError, maskCaps, requestDevice } from "@tilewright/runtime";
import { afterEach, describe, expect, test, vi } from "vitest";
import { axpy } from "./kernels.ts";

async function refused(promise: Promise<unknown>): Promise<KernelError> {
  const error = await promise.then(
    () => undefined,
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(KernelError);
  return error as KernelError;
}

/** What readCaps reads of a device: an older browser has neither adapterInfo nor maxImmediateSize. */
const older = (): GPUDevice =>
  ({
    features: new Set(),
    limits: { maxComputeInvocationsPerWorkgroup: 256, maxBufferSize: 2 ** 28 },
    lost: new Promise(() => {}),
  }) as unknown as GPUDevice;

afterEach(() => vi.unstubAllGlobals());

describe("requestDevice", () => {
  test("without WebGPU it says where to get it", async () => {
    vi.stubGlobal("navigator", {});
    const error = await refused(requestDevice());
    expect(error.code).toBe("feature");
    expect(error.message).toMatch(/^requestDevice: no WebGPU here/);
    expect(error.message).toMatch(/https or localhost/);
    expect(error.message).toContain('import { requestDevice } from "@tilewright/runtime/node"');
  });

  test("without an adapter it says what to look at", async () => {
    const gpu = { requestAdapter: async () => null } as unknown as GPU;
    const error = await refused(requestDevice(gpu));
    expect(error.code).toBe("feature");
    expect(error.message).toMatch(/no adapter.*chrome:\/\/gpu.*Vulkan driver/);
  });

  test("it asks for the adapter's own limits and only for features that it has", async () => {
    const ask = vi.fn(async (_how: GPUDeviceDescriptor) => older());
    const limits = new Proxy({}, { get: (_, name: string) => (name === "maxBufferSize" ? 123 : 7) });
    const adapter = {
      features: new Set(["shader-f16"]),
      limits,
      requestDevice: ask,
    };
    await requestDevice({ requestAdapter: async () => adapter } as unknown as GPU);
    const [asked] = ask.mock.calls[0]!;
    expect(asked.requiredFeatures).toEqual(["shader-f16"]);
    expect(asked.requiredLimits).toMatchObject({
      maxBufferSize: 123,
      maxStorageBufferBindingSize: 7,
      maxComputeInvocationsPerWorkgroup: 7,
    });
  });

  test("what its GPU says of WGSL is remembered of the device", async () => {
    const gpu = (words: string[]) =>
      ({
        wgslLanguageFeatures: new Set(words),
        requestAdapter: async () => ({ features: new Set(), limits: {}, requestDevice: async () => older() }),
      }) as unknown as GPU;
    expect(caps(await requestDevice(gpu(["packed_4x8_integer_dot_product"]))).dot4).toBe(true);
    expect(caps(await requestDevice(gpu([]))).dot4).toBe(false);
  });

  test("the caller's adapter options win", async () => {
    const ask = vi.fn(async () => null);
    await refused(requestDevice({ requestAdapter: ask } as unknown as GPU, { powerPreference: "low-power" }));
    expect(ask).toHaveBeenCalledWith({ powerPreference: "low-power" });
  });
});

describe("the simple style without a device", () => {
  const x = { data: [1, 2], shape: [2] };

  test("in Node the error is the line to write", async () => {
    vi.stubGlobal("navigator", {});
    const error = await refused(axpy.run({ x, y: x }));
    expect(error.code).toBe("feature");
    expect(error.kernel).toBe("axpy");
    expect(error.message).toContain(
      'import { requestDevice } from "@tilewright/runtime/node"; const device = await requestDevice();',
    );
    expect(error.message).toMatch(/pass \{ device \}.*on: "cpu"/);
  });

  test('on: "cpu" needs none', async () => {
    const { data } = await axpy.run({ x, y: { data: [10, 20], shape: [2] } }, { alpha: 3 }, { on: "cpu" });
    expect(Array.from(data)).toEqual([13, 26]);
  });
});

describe("caps", () => {
  test("what an older browser does not tell counts as absent", () => {
    expect(caps(older())).toMatchObject({
      f16: false,
      subgroups: false,
      immediates: false,
      timestamps: false,
      dot4: false,
      software: false,
      vendor: "",
      maxInvocations: 256,
    });
  });

  test("a mask takes away and never gives", () => {
    const device = older();
    maskCaps(device, { f16: true, immediates: true, maxInvocations: 1024, maxBuffer: 2 ** 20 });
    expect(caps(device)).toMatchObject({ f16: false, immediates: false, maxInvocations: 256, maxBuffer: 2 ** 20 });
  });
});
