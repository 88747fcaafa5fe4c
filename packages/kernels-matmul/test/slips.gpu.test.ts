import { allocate, download, type GpuTensor, KernelError, program, tensor, write } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test } from "vitest";
import { matmul } from "../src/index.ts";

// What people do at first: each must be an error that says what to do, never a wrong number.
const device = await laneDevice();
const a = tensor([1, 2, 3, 4], [2, 2]);
const slips: Record<string, [run: () => unknown, message: RegExp]> = {
  "a tile that no variant has": [
    () => matmul.run({ a, b: a }, {}, { device, variant: "direct", tile: { rows: 3, columns: 5 } }),
    /no variant has a tile of columns=5,rows=3; direct has .*columns=8,rows=8/,
  ],
  "an operand that was not planned": [
    async () => {
      const plan = await matmul.plan(device, { a, b: a });
      const [x, c] = [allocate(device, { shape: [2, 2], dtype: "f32" }), allocate(device, { shape: [2, 2], dtype: "f32" })];
      plan.bind({ a: x, b: x, bias: x, c });
    },
    /bias was not planned/,
  ],
  "a param that was planned as fixed": [
    async () => {
      const plan = await matmul.plan(device, { a, b: a });
      const [x, c] = [allocate(device, { shape: [2, 2], dtype: "f32" }), allocate(device, { shape: [2, 2], dtype: "f32" })];
      const pass = device.createCommandEncoder().beginComputePass();
      plan.record(pass, { a: x, b: x, c }, { m: 1 });
    },
    /m was planned as fixed; name it in dynamic/,
  ],
  "half a row": [() => matmul.run({ a, b: a }, {}, { device, params: { m: 1.5 } }), /m is 1.5; needed is an integer/],
  "an option of another library": [
    () => matmul.run({ a, b: a }, { transposeB: true } as object, { device }),
    /no option transposeB; there are transA, transB/,
  ],
  "a factor that is no number": [
    () => matmul.run({ a, b: a }, { alpha: "2" as unknown as number }, { device }),
    /alpha is 2 .*numbers/,
  ],
  "the device among the options": [
    () => matmul.run({ a, b: a }, { device } as object),
    /device is no option .*run\(inputs, options, \{ device \}\)/,
  ],
  "an activation from the prototype": [
    () => matmul.run({ a, b: a }, { activation: "toString" as "relu" }, { device }),
    /no activation "toString"/,
  ],
  "a bare array": [
    () => matmul.run({ a: a.data as unknown as typeof a, b: a }, {}, { device }),
    /a is a bare Float32Array; needed is \{ data, shape \}/,
  ],
  "fewer rows of a batch": [
    () => matmul.run({ a: tensor(new Float32Array(8), [2, 2, 2]), b: a }, {}, { device, params: { m: 1 } }),
    /m cannot change from call to call here; alpha, beta can/,
  ],
  "a stride among the params, on the cpu": [
    () => matmul.run({ a, b: a }, {}, { on: "cpu", params: { k: 1 } }),
    /k cannot change/,
  ],
  "fewer rows on the cpu": [() => matmul.run({ a, b: a }, {}, { on: "cpu", params: { m: 1 } }), /m cannot change on the cpu/],
  "an empty residual": [
    () => matmul.run({ a: tensor([1, 2, 3, 4], [1, 2, 2]), b: a, residual: tensor([], [0, 2, 2]) }, {}, { device }),
    /residual is \[0,2,2\]/,
  ],
  "nested rows": [() => tensor([[1, 2]] as unknown as number[], [1, 2]), /nested.*flat/],
  "a device that is still a promise": [
    () => matmul.plan(laneDevice() as unknown as GPUDevice, { a, b: a }),
    /await requestDevice/,
  ],
  "no device at all": [
    () => matmul.plan(undefined as unknown as GPUDevice, { a, b: a }),
    /GPUDevice is needed, and this is undefined/,
  ],
  "another way to run": [() => matmul.run({ a, b: a }, {}, { device, on: "gpuu" as "gpu" }), /on is "gpuu"/],
  "writing doubles": [
    () => write(device, allocate(device, { shape: [2], dtype: "f32" }), { data: new Float64Array(2), shape: [2] }),
    /Float64Array/,
  ],
  "writing too few": [
    () => write(device, allocate(device, { shape: [4], dtype: "f32" }), tensor([1, 2])),
    /2 elements; the GPU tensor \[4\] holds 4/,
  ],
  "writing another dtype": [
    () => write(device, allocate(device, { shape: [2], dtype: "i32" }), tensor([1, 2])),
    /data is f32; the GPU tensor is i32/,
  ],
  "downloading what cannot be copied": [
    () =>
      download(device, {
        buffer: device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE }),
        shape: [4],
        dtype: "f32",
      } satisfies GpuTensor),
    /./,
  ],
  "an output of another program": [
    () => {
      const other = program(device);
      return program(device).compile({ y: other.input("x", { shape: [1], dtype: "f32" }) });
    },
    /output "y" is no value of this program/,
  ],
  "an input that is not there": [
    async () => {
      const p = program(device);
      const x = p.input("x", { shape: [2, 2], dtype: "f32" });
      const net = await p.compile({ y: p.call(matmul, { a: x, b: x }) });
      return net.run({ x: a, z: a });
    },
    /no input "z"; there are x/,
  ],
};

test("arrays are the caller's again as soon as he has the promise", async () => {
  const data = Float32Array.of(1, 2, 3, 4);
  const one = matmul.run({ a: tensor(data, [2, 2]), b: a }, {}, { device });
  data.fill(0);
  expect([...(await one).data]).toEqual([7, 10, 15, 22]);

  const p = program(device);
  const net = await p.compile({ y: p.call(matmul, { a: p.input("x", { shape: [2, 2], dtype: "f32" }), b: p.constant(a) }) });
  data.set([1, 0, 0, 1]);
  const first = net.run({ x: tensor(data, [2, 2]) });
  data.set([2, 0, 0, 2]);
  const second = net.run({ x: tensor(data, [2, 2]) });
  data.fill(7);
  expect([...(await first).y.data]).toEqual([1, 2, 3, 4]);
  expect([...(await second).y.data]).toEqual([2, 4, 6, 8]);
});

describe("a slip", () => {
  test.for(Object.entries(slips))("%s", async ([, [run, message]]) => {
    const caught = await Promise.resolve()
      .then(run)
      .catch((error: unknown) => error);
    expect(caught).toBeInstanceOf(KernelError);
    expect((caught as KernelError).message).toMatch(message);
  });
});
