import type { Caps } from "./caps.ts";
import type { DType, TensorType } from "./tensor.ts";
import type { Lanes, Needs, ParamType } from "./variant.ts";

/** An operand as one dispatch binds it. */
export interface Binding {
  readonly name: string;
  readonly type: TensorType;
  readonly reads: boolean;
  readonly writes: boolean;
}

const vec = (lanes: number, scalar: string) => (lanes === 1 ? scalar : `vec${lanes}<${scalar}>`);

/** How a dtype with some lanes lies in memory: element type of the array, and the expressions that convert. */
function storage(name: string, dtype: DType, lanes: 1 | 2 | 4, f16: boolean) {
  const scalar = dtype === "f16" ? "f32" : dtype;
  const value = vec(lanes, scalar);
  if (dtype.endsWith("8")) return bytes(name, dtype === "i8", lanes);
  if (dtype !== "f16") return { array: value, value, load: `${name}[i]`, store: "v" };
  if (f16) return { array: vec(lanes, "f16"), value, load: `${value}(${name}[i])`, store: `${vec(lanes, "f16")}(v)` };
  // Without shader-f16: two halves a word. A single half cannot be stored without its neighbour.
  if (lanes === 1) return { array: "u32", value, load: `unpack2x16float(${name}[i >> 1u])[i & 1u]`, store: undefined };
  if (lanes === 2) return { array: "u32", value, load: `unpack2x16float(${name}[i])`, store: "pack_halves(v)" };
  return {
    array: "vec2<u32>",
    value,
    load: `vec4<f32>(unpack2x16float(${name}[i].x), unpack2x16float(${name}[i].y))`,
    store: "vec2<u32>(pack_halves(v.xy), pack_halves(v.zw))",
  };
}

/**
 * i8 as i32 and u8 as u32, four to a word; the word itself is `x[i]`. A single one cannot be stored without its neighbours.
 * Written out: pack4xI8 and its like are an extension of the language that not every browser has.
 */
function bytes(name: string, signed: boolean, lanes: 1 | 2 | 4) {
  const scalar = signed ? "i32" : "u32";
  const value = vec(lanes, scalar);
  if (lanes !== 4)
    return {
      array: "u32",
      value,
      // By shifts: extractBits, which is defined for any offset and count, takes CPU drivers longer.
      load: `${scalar}(${name}[i >> 2u] << ((~i & 3u) << 3u)) >> 24u`,
      store: undefined,
    };
  return {
    array: "u32",
    value,
    load: signed
      ? `vec4<i32>(vec4<u32>(${name}[i]) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u)`
      : `(vec4<u32>(${name}[i]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u)`,
    store: "dot(vec4<u32>(v) & vec4<u32>(255u), vec4<u32>(1u, 0x100u, 0x10000u, 0x1000000u))",
  };
}

/** pack2x16float leaves open what overflow, infinity and NaN become (SwiftShader: NaN for all), so these are made by hand. */
const PACK = `fn pack_halves(v: vec2<f32>) -> u32 {
  let bits = bitcast<vec2<u32>>(v);
  let size = bits & vec2<u32>(0x7fffffffu);
  let big = size >= vec2<u32>(0x477ff000u); // 65520 rounds up to infinity
  let high = select(vec2<u32>(0x7c00u), vec2<u32>(0x7e00u), size > vec2<u32>(0x7f800000u)) | ((bits >> vec2<u32>(16u)) & vec2<u32>(0x8000u));
  let odd = select(vec2<u32>(), high, big);
  return pack2x16float(select(v, vec2<f32>(), big)) | odd.x | (odd.y << 16u);
}`;

/**
 * The generated top of every shader: features, params as `p`, and for each operand its binding with
 * `load_x(i)` and `store_x(i, v)`, which count in units of the operand's lanes and speak f32 for f16, i32 for i8, u32 for u8.
 */
export function header(
  bindings: readonly Binding[],
  params: Readonly<Record<string, ParamType>>,
  lanes: Lanes,
  caps: Caps,
  { subgroups, subgroupMatrix }: Partial<Needs> = {},
): string {
  const lines: string[] = [];
  if (caps.f16 && bindings.some(({ type }) => type.dtype === "f16")) lines.push("enable f16;");
  if (subgroups) lines.push("enable subgroups;");
  // That a loop is uniform over a subgroup is the author's word: the analysis knows workgroups only.
  if (subgroupMatrix)
    lines.push("enable chromium_experimental_subgroup_matrix;", "diagnostic(off, chromium.subgroup_matrix_uniformity);");
  const fields = Object.entries(params).map(([name, type]) => `${name}: ${type}`);
  if (fields.length > 0) {
    lines.push(`struct Params { ${fields.join(", ")} }`);
    lines.push(caps.immediates ? "var<immediate> p: Params;" : `@group(0) @binding(${bindings.length}) var<uniform> p: Params;`);
  }
  if (!caps.f16 && bindings.some(({ type, writes }) => writes && type.dtype === "f16")) lines.push(PACK);
  bindings.forEach(({ name, type, reads, writes }, i) => {
    const { array, value, load, store } = storage(name, type.dtype, lanes[name] ?? 1, caps.f16);
    lines.push(`@group(0) @binding(${i}) var<storage, ${writes ? "read_write" : "read"}> ${name}: array<${array}>;`);
    if (reads) lines.push(`fn load_${name}(i: u32) -> ${value} { return ${load}; }`);
    if (writes && store) lines.push(`fn store_${name}(i: u32, v: ${value}) { ${name}[i] = ${store}; }`);
  });
  return `${lines.join("\n")}\n`;
}
