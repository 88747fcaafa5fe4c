// What goes wrong is a KernelError that says who, what was given, what was needed and what to do; and what only looks wrong works.
import { allocate, defineKernel, KernelError, maskCaps, tensor, upload, wgsl } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test } from "vitest";
import { matmul } from "../src/matmul.ts";
import { naive } from "../src/variants/naive.ts";

const device = await laneDevice();
const f32 = (...shape: number[]) => ({ shape, dtype: "f32" }) as const;
const ones = (...shape: number[]) => tensor(new Float32Array(shape.reduce((x, y) => x * y, 1)).fill(1), shape);
const numbers = (data: ArrayLike<number>): number[] => Array.from(data);
const own = (size: number, usage = GPUBufferUsage.STORAGE, on = device) => on.createBuffer({ size, usage });

/** The work fails, as a rejection or at once, with this code and every one of these pieces of text. */
async function refused(work: () => unknown, code: string, ...pieces: (string | RegExp)[]): Promise<void> {
  const error = await (async () => work())().then(
    () => expect.fail("nothing was refused"),
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(KernelError);
  for (const piece of pieces) expect(error.message).toMatch(piece);
  expect(error).toMatchObject({ kernel: "matmul", code });
}

/** Runs work on a pass that is never submitted. */
function onPass<T>(work: (pass: GPUComputePassEncoder) => T, on = device): T {
  const pass = on.createCommandEncoder().beginComputePass();
  try {
    return work(pass);
  } finally {
    pass.end();
  }
}

describe("shapes, types and options", () => {
  test("inner sizes that differ, with what probably was meant", async () => {
    const run = () => matmul.run({ a: ones(64, 256), b: ones(512, 256) }, {}, { device });
    await refused(
      run,
      "shape",
      /^matmul: a is \[64,256\] and b is \[512,256\]: a's 256 columns must equal b's 512 rows/,
      /Is b stored \[n, k\]\? Then pass transB: true/,
    );
    const plan = () => matmul.plan(device, { a: f32(3, 4), b: f32(4, 5) }, { transB: true });
    await refused(plan, "shape", /a's 4 columns must equal b's 5 columns/, /leave transB out/);
    await refused(() => matmul.problem({ a: f32(3, 4), b: f32(5, 6) }), "shape", /a's 4 columns must equal b's 5 rows\.$/); // no hint where none helps
  });

  test("a vector for a matrix", () =>
    refused(() => matmul.problem({ a: f32(2, 3), b: f32(3) }), "shape", "b is [3]", "rank 2 or more", "Pass it as [k,1]"));

  test("leading dimensions that do not broadcast", () =>
    refused(
      () => matmul.problem({ a: f32(2, 4, 4), b: f32(3, 4, 4) }),
      "shape",
      "[2]",
      "[3]",
      "2 and 3 must be equal, or one of them 1",
    ));

  test("integers", () =>
    refused(
      () => matmul.run({ a: tensor(Int32Array.of(1), [1, 1]), b: ones(1, 1) }, {}, { device }),
      "dtype",
      "a is i32; needed is f32 or f16",
    ));

  test("a bias of another length", () =>
    refused(
      () => matmul.problem({ a: f32(2, 3), b: f32(3, 4), bias: f32(5) }),
      "shape",
      "bias is [5]; needed is [4], one for each column",
    ));

  test("an activation that there is not", () =>
    refused(
      () => matmul.problem({ a: f32(2, 3), b: f32(3, 4) }, { activation: "swish" as never }),
      "feature",
      'no activation "swish"',
      "relu",
      "gelu",
    ));
});

const BROKEN = wgsl`
@compute @workgroup_size(1)
fn main() {
  let x = garbage + 1;
}
`;

describe("variants", () => {
  const pair = { a: f32(8, 8), b: f32(8, 8) };

  test("one that there is not lists those there are", () =>
    refused(
      () => matmul.plan(device, pair, {}, { variant: "fast" }),
      "feature",
      'no variant "fast"',
      ...matmul.variants.map(({ name }) => name),
    ));

  test("a forced one that refuses says why", async () => {
    const lesser = await laneDevice();
    maskCaps(lesser, { f16: false, subgroups: false, maxWorkgroupBytes: 1024 });
    const force = (variant: string, n = 8) => matmul.plan(lesser, { a: f32(8, 8), b: f32(8, n) }, { dtype: "f16" }, { variant });
    await refused(() => force("quad"), "feature", 'variant "quad"', "needs the device feature subgroups");
    await refused(
      () => force("staged"),
      "feature",
      'variant "staged"',
      /needs \d+ bytes of workgroup memory; this device allows 1024/,
    );
    await refused(() => force("direct", 5), "feature", 'variant "direct"', "does not run here", "f16");
    expect((await force("direct")).variant.name).toBe("direct");
    lesser.destroy();
  });

  test("a text that does not compile is shown where it fails", async () => {
    const broken = defineKernel({
      ...matmul,
      variants: [{ ...naive, name: "naive", when: () => true, wgsl: () => BROKEN }],
    });
    const plan = () => broken.plan(device, pair);
    await refused(
      plan,
      "compile",
      'variant "naive" did not compile',
      "garbage",
      /\n@compute @workgroup_size\(1\)\nfn main\(\) \{\n {2}let x = garbage \+ 1;\n {10}\^$/,
    );
  });
});

describe("a device's limits", () => {
  test("a binding over the limit", async () => {
    const lesser = await laneDevice();
    maskCaps(lesser, { maxBinding: 2048 });
    const text = [
      "b needs a 4096-byte binding; this device allows 2048",
      "Ask requestDevice for maxStorageBufferBindingSize, or split the batch",
    ];
    await refused(() => matmul.plan(lesser, { a: f32(1, 32), b: f32(32, 32) }), "limit", ...text);
    await refused(() => matmul.run({ a: ones(1, 32), b: ones(32, 32) }, {}, { device: lesser }), "limit", ...text);
    expect(numbers((await matmul.run({ a: ones(1, 16), b: ones(16, 2) }, {}, { device: lesser })).data)).toEqual([16, 16]);
    lesser.destroy();
  });

  test("more than 65,535 workgroups spread over two dimensions", async () => {
    const [m, n] = [2049, 2048]; // 65,568 workgroups of 64
    const a = tensor(
      Float32Array.from({ length: m }, (_, i) => i),
      [m, 1],
    );
    const b = tensor(
      Float32Array.from({ length: n }, (_, i) => i % 7),
      [1, n],
    );
    const { data } = await matmul.run({ a, b }, {}, { device, variant: "naive" });
    expect(data.length).toBe(m * n);
    expect((data as Float32Array).findIndex((v, i) => v !== Math.floor(i / n) * ((i % n) % 7))).toBe(-1);
  });
});

describe("no elements", () => {
  const plans: [string, number[], number[], number[]][] = [
    ["m", [0, 4], [4, 3], [0, 3]],
    ["n", [2, 4], [4, 0], [2, 0]],
    ["batch", [0, 2, 4], [4, 3], [0, 2, 3]],
  ];
  test.for(plans)("an empty %s gives an empty c and records nothing", async ([, a, b, c]) => {
    expect(await matmul.run({ a: ones(...a), b: ones(...b) }, {}, { device })).toMatchObject({ shape: c, data: { length: 0 } });
    const plan = await matmul.plan(device, { a: f32(...a), b: f32(...b) });
    expect(plan.bind({ a: own(64), b: own(64), c: own(64) })).toEqual([]);
    onPass((pass) => plan.record(pass, { a: own(64), b: own(64), c: own(64) }));
  });

  test("an empty k gives the bias alone, or zeros", async () => {
    const [a, b, bias] = [ones(2, 0), ones(0, 3), tensor([-1, 2, 3])];
    expect(numbers((await matmul.run({ a, b, bias }, { activation: "relu" }, { device })).data)).toEqual([0, 2, 3, 0, 2, 3]);
    expect(numbers((await matmul.run({ a, b }, {}, { device })).data)).toEqual([0, 0, 0, 0, 0, 0]);
    const plan = await matmul.plan(device, { a, b, bias });
    const c = upload(device, ones(2, 3), "c");
    const back = own(24, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    plan.record(pass, { a: own(16), b: own(16), bias: upload(device, bias, "bias"), c });
    pass.end();
    encoder.copyBufferToBuffer(c.buffer, 0, back, 0, 24);
    device.queue.submit([encoder.finish()]);
    await back.mapAsync(GPUMapMode.READ);
    expect(numbers(new Float32Array(back.getMappedRange()))).toEqual([-1, 2, 3, -1, 2, 3]);
  });
});

describe("buffers", async () => {
  const plan = await matmul.plan(device, { a: f32(8, 8), b: f32(8, 8) });
  const good = { a: own(256), b: own(256), c: own(256) };
  const record = (buffers: object) => () => onPass((pass) => plan.record(pass, { ...good, ...buffers }));

  test("good ones are taken, larger ones too, and one buffer for both inputs", () => {
    record({})();
    record({ c: { buffer: own(1024), offset: 256 } })();
    record({ b: good.a })();
  });

  test("a missing one", () =>
    refused(record({ c: undefined }), "buffer", "c is missing; needed is a GPUBuffer or { buffer, offset } of 256 bytes"));

  test("one that is too small, whole or behind its offset", async () => {
    await refused(record({ b: own(252) }), "buffer", "b needs 256 bytes; its buffer has 252 from offset 0");
    await refused(
      record({ c: { buffer: own(500), offset: 256 } }),
      "buffer",
      "c needs 256 bytes; its buffer has 244 from offset 256",
    );
  });

  test("one without STORAGE usage", () =>
    refused(
      record({ a: own(256, GPUBufferUsage.COPY_DST) }),
      "buffer",
      "a is not a storage buffer",
      "Make it with GPUBufferUsage.STORAGE",
    ));

  test("an offset that WebGPU does not bind", () =>
    refused(record({ a: { buffer: own(512), offset: 128 } }), "buffer", "a starts at byte 128; needed is a multiple of 256"));

  test("one both read and written, apart or not", async () => {
    await refused(record({ a: good.c }), "buffer", "a and c share a buffer", "Give c its own");
    const both = own(512);
    await refused(
      record({ b: both, c: { buffer: both, offset: 256 } }),
      "buffer",
      "b and c share a buffer, read and written in one dispatch",
    );
  });

  test("after an error the plan works on", () => record({})());
});

describe("another device's buffer", async () => {
  const other = await laneDevice();
  const types = { a: f32(8, 8), b: f32(8, 8) };
  const strange = own(256, GPUBufferUsage.STORAGE, other);

  test("is told at once where the runtime made it", async () => {
    const plan = await matmul.plan(device, types);
    const a = allocate(other, types.a);
    await refused(
      () => onPass((pass) => plan.record(pass, { a, b: own(256), c: own(256) })),
      "buffer",
      "a belongs to another device. Make it on the device",
    );
  });

  test("is found by a plan for debugging, once for each", async () => {
    const plan = await matmul.plan(device, types, {}, { debug: true });
    plan.bind({ a: own(256), b: own(256), c: own(256) });
    await plan.checked();
    plan.bind({ a: strange, b: own(256), c: own(256) });
    plan.bind({ a: own(256), b: own(256), c: own(256) });
    await refused(() => plan.checked(), "buffer", /device/i);
    await plan.checked(); // told already
  });

  test("is found by run", async () => {
    await refused(() => matmul.run({ a: { ...types.a, buffer: strange }, b: ones(8, 8) }, {}, { device }), "buffer", /device/i);
    expect((await matmul.run({ a: ones(1, 2), b: ones(2, 1) }, {}, { device })).data[0]).toBe(2);
  });
});

describe("a device", () => {
  const LOST = [/^matmul: the device is lost/, "Request a new one and plan again"];
  const pair = { a: f32(4, 4), b: f32(4, 4) };
  const lost = async (on: GPUDevice) => {
    on.destroy();
    await on.lost;
  };

  test("lost: plan, bind, record and run say so", async () => {
    const gone = await laneDevice();
    const plan = await matmul.plan(gone, pair);
    const [a, b, c] = [
      own(64, GPUBufferUsage.STORAGE, gone),
      own(64, GPUBufferUsage.STORAGE, gone),
      own(64, GPUBufferUsage.STORAGE, gone),
    ];
    onPass((pass) => plan.record(pass, { a, b, c }), gone);
    await lost(gone);
    await refused(() => matmul.plan(gone, { a: f32(4, 5), b: f32(5, 4) }), "device-lost", ...LOST); // a text that is not compiled yet
    await refused(() => plan.bind({ a, b, c }), "device-lost", ...LOST);
    await refused(() => onPass((pass) => plan.record(pass, { a: b, b: a, c }), gone), "device-lost", ...LOST);
    await refused(() => matmul.run({ a: ones(4, 4), b: ones(4, 4) }, {}, { device: gone }), "device-lost", ...LOST);
  });

  test("lost: a plan whose pipeline is cached says so", async () => {
    const gone = await laneDevice();
    await matmul.plan(gone, pair);
    await lost(gone);
    await refused(() => matmul.plan(gone, pair), "device-lost", ...LOST);
  });

  test("lost: buffers that are bound already say so", async () => {
    const gone = await laneDevice();
    const plan = await matmul.plan(gone, pair);
    const buffers = {
      a: own(64, GPUBufferUsage.STORAGE, gone),
      b: own(64, GPUBufferUsage.STORAGE, gone),
      c: own(64, GPUBufferUsage.STORAGE, gone),
    };
    onPass((pass) => plan.record(pass, buffers), gone);
    await lost(gone);
    await refused(() => onPass((pass) => plan.record(pass, buffers), gone), "device-lost", ...LOST);
  });

  test("lost before it was first used", async () => {
    const gone = await laneDevice();
    await lost(gone);
    await refused(() => matmul.plan(gone, pair), "device-lost", ...LOST);
  });

  test("none given: the browser's own, or the line to write in Node", async () => {
    const run = () => matmul.run({ a: ones(1, 2), b: ones(2, 1) });
    if (globalThis.navigator?.gpu) expect((await run()).data[0]).toBe(2);
    else await refused(run, "feature", 'import { requestDevice } from "@tilewright/runtime/node"', "pass { device }");
  });
});
