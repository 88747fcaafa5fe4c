// Operands whose elements share words: f16 without the device feature, i8 and u8. Fetched by the first text that has one.
import { type Storage, vec } from "./shader.ts";
import type { DType } from "./tensor.ts";

type Lanes = 1 | 2 | 4;

export const packed = (name: string, dtype: DType, lanes: Lanes): Storage =>
  dtype === "f16" ? halves(name, lanes) : bytes(name, dtype === "i8", lanes);

/** Two halves a word. A single half cannot be stored without its neighbour. */
function halves(name: string, lanes: Lanes): Storage {
  const value = vec(lanes, "f32");
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
function bytes(name: string, signed: boolean, lanes: Lanes): Storage {
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
export const PACK = `fn pack_halves(v: vec2<f32>) -> u32 {
  let bits = bitcast<vec2<u32>>(v);
  let size = bits & vec2<u32>(0x7fffffffu);
  let big = size >= vec2<u32>(0x477ff000u); // 65520 rounds up to infinity
  let high = select(vec2<u32>(0x7c00u), vec2<u32>(0x7e00u), size > vec2<u32>(0x7f800000u)) | ((bits >> vec2<u32>(16u)) & vec2<u32>(0x8000u));
  let odd = select(vec2<u32>(), high, big);
  return pack2x16float(select(v, vec2<f32>(), big)) | odd.x | (odd.y << 16u);
}`;
