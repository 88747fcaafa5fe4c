// The simple style on the GPU: run, its outputs, scratch, variants, and the text that `source` prints.
import { caps, decode, download, encode, program, upload } from "@tilewright/runtime";
import { fill, random } from "@tilewright/runtime/cases";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test, vi } from "vitest";
import { addReversed, axpy, minmax } from "./kernels.ts";
import { sumRows } from "./sum-rows.ts";

const device = await laneDevice();

/** Whole numbers from -8 to 8: sums of them are exact in any order. */
function whole(count: number, seed = 1): Float32Array<ArrayBuffer> {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => Math.floor(next() * 17) - 8);
}

const numbers = (data: ArrayLike<number>): number[] => Array.from(data);

describe("run", () => {
  test.for([1, 63, 64, 65, 1000])("axpy of %i elements is its reference", async (n) => {
    const inputs = { x: { data: whole(n, 1), shape: [n] }, y: { data: whole(n, 2), shape: [n] } };
    const before = numbers(inputs.y.data);
    const got = await axpy.run(inputs, { alpha: 2.5 }, { device });
    expect(got).toMatchObject({ shape: [n], dtype: "f32" });
    expect(numbers(got.data)).toEqual(numbers((await axpy.run(inputs, { alpha: 2.5 }, { on: "cpu" })).data));
    expect(numbers(inputs.y.data)).toEqual(before); // the host's array is not the one in place
  });

  test("an inout GPU tensor is updated in place, and its value returned", async () => {
    const y = upload(device, { data: [10, 20, 30], shape: [3] });
    const x = { data: [1, 2, 3], shape: [3] };
    expect(numbers((await axpy.run({ x, y }, {}, { device })).data)).toEqual([11, 22, 33]);
    expect(numbers((await axpy.run({ x, y }, { alpha: -1 }, { device })).data)).toEqual([10, 20, 30]);
    await axpy.run({ x, y }, { alpha: 10 }, { device });
    expect(numbers((await download(device, y)).data)).toEqual([20, 40, 60]);
    y.buffer.destroy();
  });

  test("params that differ from what the shapes say", async () => {
    const inputs = { x: { data: [1, 1, 1, 1], shape: [4] }, y: { data: [0, 0, 0, 0], shape: [4] } };
    expect(numbers((await axpy.run(inputs, {}, { device, params: { n: 2, alpha: 7 } })).data)).toEqual([7, 7, 0, 0]);
  });

  test("several outputs come as a record, an optional one only when asked for", async () => {
    const data = whole(50, 3);
    data[33] = 99;
    data[7] = -99;
    const x = { data, shape: [50] };
    const both = await minmax.run({ x }, {}, { device });
    expect(Object.keys(both).sort()).toEqual(["high", "low"]);
    expect([both.low.data[0], both.high.data[0]]).toEqual([-99, 99]);
    const all = await minmax.run({ x }, { where: true }, { device });
    expect(all.at!.dtype).toBe("u32");
    expect([all.low.data[0], all.high.data[0], all.at!.data[0]]).toEqual([-99, 99, 33]);
  });

  test.for(["i8", "u8"] as const)(
    "%s, whose last word may be part empty, in run, in a program's arena and over a binding",
    async (dtype) => {
      for (const n of [1, 3, 4, 6, 301]) {
        const [x, z] = [fill("uniform", [n], dtype, 1), fill("uniform", [n], dtype, 2)];
        const expected = await addReversed.run({ x, z }, {}, { on: "cpu" });
        const got = await addReversed.run({ x, z }, {}, { device });
        expect(got.data).toEqual(expected.data);
        expect(got.dtype).toBe(dtype);

        const net = program(device);
        const once = net.call(addReversed, { x: net.constant(x), z: net.constant(z) });
        const twice = net.call(addReversed, { x: once, z: net.input("z", { shape: [n], dtype }) });
        const compiled = await net.compile({ twice });
        const again = await addReversed.run({ x: expected, z }, {}, { on: "cpu" });
        expect((await compiled.run({ z })).twice.data).toEqual(again.data);
        compiled.destroy();
        net.destroy();
      }
    },
  );

  test("f16 as bits, as Float16Array where there is one, and of odd length", async () => {
    const values = [1, -2, 0.5, 4, 8];
    const bits = { data: Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x4400, 0x4800), shape: [1, 5], dtype: "f16" as const };
    const own = { data: encode(values, "f16"), shape: [1, 5], dtype: "f16" as const };
    const plain = { data: values, shape: [1, 5], dtype: "f16" as const };
    for (const x of [bits, own, plain]) expect(numbers((await sumRows.run({ x }, {}, { device })).data)).toEqual([11.5]);
    const back = await download(device, upload(device, bits));
    expect(numbers(decode(back))).toEqual(values);
  });
});

describe("variants", async () => {
  const shape = [5, 161]; // six chunks a row, the last of them one long
  const x = { data: whole(5 * 161, 4), shape };
  const sums = numbers((await sumRows.proof()).reference(sumRows.problem({ x }), { x: x.data }).y);

  test.for([undefined, "plain", "chunked"])("sumRows, forced: %s", async (variant) => {
    expect(numbers((await sumRows.run({ x }, {}, { device, variant })).data)).toEqual(sums);
  });

  test("the first that suits is taken; a forced one is taken although another suits", async () => {
    const name = async (columns: number, variant?: string) => {
      const plan = await sumRows.plan(device, { x: { shape: [2, columns], dtype: "f32" } }, {}, { variant });
      return [plan.variant.name, plan.label, plan.code.length];
    };
    expect(await name(32)).toEqual(["plain", "sumRows/plain", 1]);
    expect(await name(33)).toEqual(["chunked", "sumRows/chunked", 2]);
    expect(await name(33, "plain")).toEqual(["plain", "sumRows/plain", 1]);
  });

  test("scratch is made once, sized by the variant, and freed with the plan", async () => {
    const plan = await sumRows.plan(device, { x });
    expect(plan.scratch).toEqual({ partial: { shape: [5, 6], dtype: "f32" } });
    const buffers = { x: upload(device, x, "x"), y: upload(device, { data: sums, shape: [5] }, "y") };
    const made = vi.spyOn(device, "createBuffer");
    plan.bind(buffers);
    plan.bind(buffers);
    const scratch = made.mock.results
      .filter((_, i) => made.mock.calls[i]![0].label === "partial")
      .map(({ value }) => value as GPUBuffer);
    made.mockRestore();
    expect(scratch.map(({ size }) => size)).toEqual([128]); // 5 x 6 numbers, rounded up to 16 bytes
    const freed = [...scratch, buffers.x.buffer, buffers.y.buffer].map((buffer) => vi.spyOn(buffer, "destroy"));
    plan.destroy();
    expect(freed.map(({ mock }) => mock.calls.length)).toEqual([1, 0, 0]); // what it was given is not the plan's
  });
});

describe("source", () => {
  const x = { shape: [8, 100], dtype: "f32" } as const;

  test("it is the header and the text, as the device gets it", async () => {
    const [text, ...more] = await sumRows.source({ x }, {}, { variant: "plain" });
    expect(more).toEqual([]);
    expect(text).toMatch(
      /^\/\/ sumRows\/plain\nstruct Params \{ rows: u32, columns: u32 \}\nvar<immediate> p: Params;\n@group\(0\)/,
    );
    expect(text).toContain("fn load_x(i: u32) -> f32 { return x[i]; }");
    expect(text).toContain("sum += load_x(i * p.columns + k);");
    const plan = await sumRows.plan(device, { x });
    expect(plan.code).toEqual(await sumRows.source({ x }, {}, {}, caps(device)));
  });

  test("one text for each pass, with what it uses", async () => {
    const [first, second, ...more] = await sumRows.source({ x });
    expect(more).toEqual([]);
    expect(first).toContain("@group(0) @binding(1) var<storage, read_write> partial: array<f32>;");
    expect(first).not.toContain("store_y");
    expect(second).toContain("@group(0) @binding(0) var<storage, read_write> y: array<f32>;");
    expect(second).not.toContain("load_x");
  });

  test("sizes are params: they never stand in the text", async () => {
    const other = await sumRows.source({ x: { shape: [77, 12345], dtype: "f32" } });
    expect(other).toEqual(await sumRows.source({ x }));
  });
});
