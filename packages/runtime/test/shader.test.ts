import { BEST_CAPS, LOW_PROFILE } from "@tilewright/runtime";
import { describe, expect, test } from "vitest";
import { type Binding, header } from "../src/shader.ts";

const low = { ...BEST_CAPS, ...LOW_PROFILE };
const x: Binding = { name: "x", type: { shape: [4], dtype: "f32" }, reads: true, writes: false };
const y: Binding = { name: "y", type: { shape: [4], dtype: "f32" }, reads: false, writes: true };
const half = (binding: Binding): Binding => ({ ...binding, type: { shape: [4], dtype: "f16" } });
const inout = (binding: Binding): Binding => ({ ...binding, reads: true, writes: true });

describe("header", () => {
  test("in, out and params as immediates", async () => {
    expect(await header([x, y], { n: "u32", alpha: "f32" }, {}, BEST_CAPS)).toBe(`struct Params { n: u32, alpha: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<f32>;
fn load_x(i: u32) -> f32 { return x[i]; }
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }
`);
  });

  test("without immediates params are a uniform behind the operands", async () => {
    const text = await header([x, y], { n: "u32" }, {}, low);
    expect(text).toContain("struct Params { n: u32 }\n@group(0) @binding(2) var<uniform> p: Params;\n");
    expect(text).not.toContain("immediate");
  });

  test("no params, no struct and no p", async () => {
    expect(await header([x], {}, {}, BEST_CAPS)).not.toMatch(/Params|\bp\b/);
    expect(await header([x], {}, {}, low)).not.toMatch(/Params|uniform/);
  });

  test("an inout operand is loaded and stored", async () => {
    expect(await header([inout(x)], {}, {}, BEST_CAPS)).toBe(`@group(0) @binding(0) var<storage, read_write> x: array<f32>;
fn load_x(i: u32) -> f32 { return x[i]; }
fn store_x(i: u32, v: f32) { x[i] = v; }
`);
  });

  test("lanes are vectors, for each operand its own", async () => {
    const text = await header([x, y], {}, { x: 4, y: 2 }, BEST_CAPS);
    expect(text).toContain("x: array<vec4<f32>>;\nfn load_x(i: u32) -> vec4<f32> { return x[i]; }");
    expect(text).toContain("y: array<vec2<f32>>;\nfn store_y(i: u32, v: vec2<f32>) { y[i] = v; }");
  });

  test("integers are what they are", async () => {
    const ids: Binding = { ...x, name: "ids", type: { shape: [4], dtype: "i32" } };
    expect(await header([ids], {}, { ids: 4 }, low)).toContain(
      "ids: array<vec4<i32>>;\nfn load_ids(i: u32) -> vec4<i32> { return ids[i]; }",
    );
  });

  test("f16 with shader-f16 speaks f32", async () => {
    expect(await header([half(x), half(y)], {}, { y: 4 }, BEST_CAPS)).toBe(`enable f16;
@group(0) @binding(0) var<storage, read> x: array<f16>;
fn load_x(i: u32) -> f32 { return f32(x[i]); }
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f16>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = vec4<f16>(v); }
`);
  });

  test.for<[1 | 2 | 4, string]>([
    [1, "x: array<u32>;\nfn load_x(i: u32) -> f32 { return unpack2x16float(x[i >> 1u])[i & 1u]; }"],
    [2, "x: array<u32>;\nfn load_x(i: u32) -> vec2<f32> { return unpack2x16float(x[i]); }"],
    [
      4,
      "x: array<vec2<u32>>;\nfn load_x(i: u32) -> vec4<f32> { return vec4<f32>(unpack2x16float(x[i].x), unpack2x16float(x[i].y)); }",
    ],
  ])("f16 without shader-f16 loads %i from packed words", async ([lanes, text]) => {
    const made = await header([half(x)], {}, { x: lanes }, low);
    expect(made).toContain(text);
    expect(made).not.toMatch(/enable f16|pack_halves/); // nothing is stored
  });

  test("f16 without shader-f16 stores whole words, and one half not at all", async () => {
    const stored = (lanes: 1 | 2 | 4) => header([half(y)], {}, { y: lanes }, low);
    expect(await stored(2)).toContain("fn store_y(i: u32, v: vec2<f32>) { y[i] = pack_halves(v); }");
    expect(await stored(4)).toContain(
      "fn store_y(i: u32, v: vec4<f32>) { y[i] = vec2<u32>(pack_halves(v.xy), pack_halves(v.zw)); }",
    );
    expect(await stored(1)).not.toContain("store_y"); // it would write its neighbour too
    for (const lanes of [1, 2, 4] as const) expect((await stored(lanes)).match(/fn pack_halves/g)).toHaveLength(1);
  });

  test("pack_halves stands once for several outputs, and not for f32", async () => {
    const both = await header([half(y), half({ ...y, name: "z" })], {}, { y: 2, z: 2 }, low);
    expect(both.match(/fn pack_halves/g)).toHaveLength(1);
    expect(await header([half(x), y], {}, {}, low)).not.toContain("pack_halves");
  });

  const typed = (binding: Binding, dtype: "i8" | "u8"): Binding => ({ ...binding, type: { shape: [4], dtype } });

  test.for<["i8" | "u8", 1 | 4, string]>([
    ["i8", 1, "x: array<u32>;\nfn load_x(i: u32) -> i32 { return i32(x[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }"],
    ["u8", 1, "x: array<u32>;\nfn load_x(i: u32) -> u32 { return u32(x[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }"],
    [
      "i8",
      4,
      "fn load_x(i: u32) -> vec4<i32> { return vec4<i32>(vec4<u32>(x[i]) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u); }",
    ],
    ["u8", 4, "fn load_x(i: u32) -> vec4<u32> { return (vec4<u32>(x[i]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u); }"],
  ])("%s loads %i from packed words", async ([dtype, lanes, text]) => {
    expect(await header([typed(x, dtype)], {}, { x: lanes }, low)).toContain(text);
  });

  test("8-bit types store whole words, and one byte not at all", async () => {
    expect(await header([typed(y, "i8")], {}, { y: 4 }, low)).toContain(
      "fn store_y(i: u32, v: vec4<i32>) { y[i] = dot(vec4<u32>(v) & vec4<u32>(255u), vec4<u32>(1u, 0x100u, 0x10000u, 0x1000000u)); }",
    );
    expect(await header([typed(y, "u8")], {}, { y: 4 }, low)).toContain("fn store_y(i: u32, v: vec4<u32>)");
    expect(await header([typed(y, "u8")], {}, {}, low)).not.toContain("store_y");
  });

  test("enables stand first, and only what is asked for", async () => {
    expect(await header([half(x)], {}, {}, BEST_CAPS, { subgroups: true })).toMatch(/^enable f16;\nenable subgroups;\n@group/);
    expect(await header([x], {}, {}, BEST_CAPS)).not.toContain("enable");
  });

  test("an operand that is not bound leaves no hole in the numbers", async () => {
    const names = ["a", "b", "c"].map((name) => ({ ...x, name }));
    const numbers = [...(await header(names, { n: "u32" }, {}, low)).matchAll(/@binding\((\d)\)/g)].map(([, n]) => Number(n));
    expect(numbers.sort()).toEqual([0, 1, 2, 3]);
  });
});
