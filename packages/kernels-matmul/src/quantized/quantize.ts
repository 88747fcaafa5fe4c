// Quantised matrices on the host: made from floats or from packed bytes, and turned back.
import { decode, encode, fail, type HostTensor, type Result, tensor } from "@tilewright/runtime";
import {
  type Bits,
  checkBits,
  checkGroup,
  type Group,
  type Layout,
  layoutOf,
  middle,
  perWord,
  type QuantizedOperands,
} from "./layout.ts";

/**
 * A quantised matrix: `run({ a, ...w.operands }, w.options)`.
 */
export interface Quantized {
  /** [n, k] */
  readonly shape: readonly [n: number, k: number];
  readonly operands: QuantizedOperands<Result>;
  readonly options: Layout;
}

/** A Uint16Array is the bits of f16, as everywhere. */
const halfBits = (data: HostTensor["data"]): "f16" | undefined => (data instanceof Uint16Array ? "f16" : undefined);

export interface QuantizeOptions {
  /** Default 4. */
  bits?: Bits | undefined;
  /** 16, 32 (default), 64, 128 or 256; must divide k. */
  group?: Group | undefined;
  /** true (default): codes spread evenly around the middle, no zeros. false: each group has its own zero. */
  symmetric?: boolean | undefined;
  /** How scales are stored. Default f32. */
  scales?: "f32" | "f16" | undefined;
}

/** Codes, each row on its own, into words: the first in the lowest bits, the last word filled with 0. */
export function pack(codes: ArrayLike<number>, [rows, columns]: readonly [number, number], bits: Bits): Result {
  const per = perWord(bits);
  const words = Math.ceil(columns / per);
  const data = new Uint32Array(rows * words);
  const mask = 2 ** bits - 1;
  for (let row = 0; row < rows; row++)
    for (let word = 0; word < words; word++) {
      const from = row * columns + word * per;
      const count = Math.min(per, columns - word * per);
      let packed = 0;
      for (let i = 0; i < count; i++) packed |= (codes[from + i]! & mask) << (bits * i);
      data[row * words + word] = packed;
    }
  return tensor(data, [rows, words]);
}

/** The inverse of {@link pack}. */
export function unpack(words: ArrayLike<number>, [rows, columns]: readonly [number, number], bits: Bits): Uint8Array {
  const per = perWord(bits);
  const across = Math.ceil(columns / per);
  const code = (row: number, i: number) => (words[row * across + Math.floor(i / per)]! >>> (bits * (i % per))) & (2 ** bits - 1);
  return Uint8Array.from({ length: rows * columns }, (_, at) => code(Math.floor(at / columns), at % columns));
}

/**
 * Rounds a matrix [n, k] to codes of 4 or 8 bits that share a scale in groups along k: code = round(x / scale) + zero, clamped to the codes
 * that there are, so that scale · (code − zero) is within half a scale of x.
 *
 * Symmetric: zero = 2^(bits−1), scale = max|x| / (2^(bits−1) − 1). Else, with lo = min(0, min x) and hi = max(0, max x):
 * scale = (hi − lo) / (2^bits − 1), zero = round(−lo / scale); 0 stays 0 in both.
 * Scales are rounded to their dtype before they are used; a group of zeros has scale 0.
 * Formula: Jacob et al. 2018, arXiv:1712.05877, §2.1, one scale a group.
 * @throws KernelError `shape` where group does not divide k or data is not n · k long, `dtype` where a number is not finite or a scale overflows.
 */
export function quantize(
  given: HostTensor["data"],
  [n, k]: readonly [number, number],
  { bits = 4, group = 32, symmetric = true, scales: dtype = "f32" }: QuantizeOptions = {},
): Quantized {
  const data = decode({ data: given as Result["data"], dtype: halfBits(given) ?? "f32" });
  checkBits("quantize", bits);
  if (data.length !== n * k) fail("quantize", "shape", `data has ${data.length} elements; needed are ${n} · ${k} = ${n * k}.`);
  checkGroup("quantize", group, k);
  if (dtype !== "f32" && dtype !== "f16") fail("quantize", "dtype", `scales is ${dtype}; needed is f32 or f16.`);
  const [most, mid, groups] = [2 ** bits - 1, middle(bits), k / group];
  const lows = new Float64Array(n * groups);
  const highs = new Float64Array(n * groups);
  for (let at = 0; at < n * groups; at++) {
    let [lo, hi] = [0, 0];
    for (let i = at * group; i < (at + 1) * group; i++) {
      const x = data[i]!;
      if (x - x !== 0) fail("quantize", "dtype", `data[${i}] is ${x}; needed are finite numbers.`);
      if (x < lo) lo = x;
      if (x > hi) hi = x;
    }
    lows[at] = lo;
    highs[at] = hi;
  }
  const exact = lows.map((lo, i) => (symmetric ? Math.max(-lo, highs[i]!) / (mid - 1) : (highs[i]! - lo) / most));
  const scales = tensor(encode(exact, dtype), [n, groups], dtype);
  const steps = decode(scales);
  const over = Array.from(steps).findIndex((s) => !Number.isFinite(s));
  if (over >= 0) fail("quantize", "dtype", `the scale ${exact[over]} of group ${over} overflows ${dtype}.`);
  const round = (x: number, step: number) => (step ? Math.round(x / step) : 0);
  const zeros = lows.map((lo, i) => (symmetric ? mid : Math.min(most, round(-lo, steps[i]!))));
  const codes = new Uint8Array(n * k);
  for (let at = 0; at < n * groups; at++) {
    const [step, zero] = [steps[at]!, zeros[at]!];
    for (let i = at * group; i < (at + 1) * group; i++) codes[i] = Math.min(most, Math.max(0, round(data[i]!, step) + zero));
  }
  const weights = pack(codes, [n, k], bits);
  return {
    shape: [n, k],
    operands: symmetric ? { weights, scales } : { weights, scales, zeros: pack(zeros, [n, groups], bits) },
    options: { bits, group },
  };
}

/** scale · (code − zero), f32 [n, k], each rounded once. */
export function dequantize({ operands, options }: Pick<Quantized, "operands" | "options">): Result {
  const { n, k } = layoutOf("dequantize", operands, options);
  const { weights, scales, zeros } = operands;
  const values = matrixOf({ weights: weights.data, scales: decode(scales), zeros: zeros?.data }, [n, k], options);
  return tensor(Float32Array.from(values), [n, k]);
}

/** scale · (code − zero) in float64, row by row. */
export function matrixOf(
  { weights, scales, zeros }: QuantizedOperands<ArrayLike<number>>,
  [n, k]: readonly [number, number],
  { bits, group }: Layout,
): Float64Array {
  const groups = k / group;
  const zero = zeros && unpack(zeros, [n, groups], bits);
  return Float64Array.from(unpack(weights, [n, k], bits), (code, i) => {
    const at = Math.floor(i / group);
    return scales[at]! * (code - (zero ? zero[at]! : middle(bits)));
  });
}

/**
 * A quantised matrix from packed bytes, as ONNX MatMulNBits has them: rows of k · bits / 8 bytes, low nibble first; `zeros` in rows of
 * ⌈k / group · bits / 8⌉ bytes. `signed`: weights and zeros are int4 or int8, and the zero is 0 unless given.
 * @throws KernelError `shape` where a length is wrong or group does not divide k.
 */
export function quantizedFromBytes(
  bytes: { weights: Uint8Array | Int8Array; scales: HostTensor["data"]; zeros?: Uint8Array | Int8Array | undefined },
  [n, k]: readonly [number, number],
  { bits = 4, group = 32, signed = false }: Partial<Layout> & { signed?: boolean | undefined } = {},
): Quantized {
  const who = "quantizedFromBytes";
  checkBits(who, bits);
  if (bits === 4 && k % 2)
    fail(who, "shape", `k is ${k}: rows of 4-bit weights fill no whole bytes. Pad them to an even length.`);
  checkGroup(who, group, k);
  const groups = k / group;
  /** Rows of bytes as rows of words. */
  const words = (name: string, data: Uint8Array | Int8Array, columns: number): Result => {
    const across = Math.ceil((columns * bits) / 8);
    if (data.length !== n * across)
      fail(
        who,
        "shape",
        `${name} has ${data.length} bytes; needed are ${n} rows of ${across}, ${columns} codes of ${bits} bits each.`,
      );
    const flip = signed ? (bits === 4 ? 0x88 : 0x80) : 0; // two's complement to unsigned: the sign bit turned round
    return pack(
      Uint8Array.from(data, (byte) => byte ^ flip),
      [n, across],
      8,
    );
  };
  if (bytes.scales.length !== n * groups)
    fail(
      who,
      "shape",
      `scales has ${bytes.scales.length} numbers; needed are ${n} · ${groups}, one for each group of ${group} along k.`,
    );
  const scales = tensor(bytes.scales, [n, groups], halfBits(bytes.scales));
  const operands = { weights: words("weights", bytes.weights, k), scales };
  return {
    shape: [n, k],
    operands: bytes.zeros ? { ...operands, zeros: words("zeros", bytes.zeros, groups) } : operands,
    options: { bits, group },
  };
}
