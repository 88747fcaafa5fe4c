import { countOf, decode, encode, fail, type HostTensor, type Result, showShape, tensor } from "@tilewright/runtime";
import type { Filter } from "../problem.ts";

export interface QuantizeFilterOptions {
  /** As of `conv`. Default "oihw". */
  filter?: Filter | undefined;
  /** true (default): i8, no zeros. false: u8, each channel with its own zero. */
  symmetric?: boolean | undefined;
  /** How scales are stored. Default f32. */
  scales?: "f32" | "f16" | undefined;
}

/** A quantised filter: `convQuantized.run({ x, ...q.operands }, { ...q.options })`. */
export interface QuantizedFilter {
  readonly operands: { readonly w: Result; readonly scales: Result; readonly zeros?: Result };
  readonly options: { readonly filter: Filter };
}

/**
 * Rounds a filter to 8 bits, each of its output channels on a scale of its own: code = round(w / scale) + zero, so that scale · (code − zero) is
 * within half a scale of w.
 *
 * Symmetric: scale = max|w| / 127, codes −127 … 127. Else, with lo = min(0, min w) and hi = max(0, max w): scale = (hi − lo) / 255,
 * zero = round(−lo / scale), codes 0 … 255; 0 stays 0 in both. Scales are rounded to their dtype first; a channel of zeros has scale 0.
 * Formula: Jacob et al. 2018, arXiv:1712.05877, §2.1, one scale a channel (Krishnamoorthi 2018, arXiv:1806.08342, §3.1).
 * @throws KernelError `shape` where the rank does not fit `filter`, `dtype` where a number is not finite or a scale overflows.
 */
export function quantizeFilter(
  w: HostTensor,
  { filter = "oihw", symmetric = true, scales: dtype = "f32" }: QuantizeFilterOptions = {},
): QuantizedFilter {
  const who = "quantizeFilter";
  const { shape } = w;
  if (shape.length < 3 || shape.length > 5)
    fail(who, "shape", `w is ${showShape(shape)}; needed are output and input channels and 1 to 3 spatial dimensions.`);
  if (dtype !== "f32" && dtype !== "f16") fail(who, "dtype", `scales is ${dtype}; needed is f32 or f16.`);
  const data = Float64Array.from(decode({ data: w.data as Result["data"], dtype: w.dtype ?? "f32" }));
  // Letters behind hw stand behind all spatial dimensions.
  const at = filter.indexOf("o");
  if (at < 0) fail(who, "feature", `there is no filter layout "${filter}".`);
  const axis = at < filter.indexOf("hw") ? at : at - 4 + shape.length;
  const co = shape[axis]!;
  const step = countOf(shape.slice(axis + 1));
  const channel = (i: number) => Math.floor(i / step) % co;
  const [low, high] = [new Float64Array(co), new Float64Array(co)];
  for (const [i, v] of data.entries()) {
    if (v - v !== 0) fail(who, "dtype", `w[${i}] is ${v}; needed are finite numbers.`);
    low[channel(i)] = Math.min(low[channel(i)]!, v);
    high[channel(i)] = Math.max(high[channel(i)]!, v);
  }
  const exact = low.map((lo, c) => (symmetric ? Math.max(-lo, high[c]!) / 127 : (high[c]! - lo) / 255));
  const scales = tensor(encode(exact, dtype), [co], dtype);
  const steps = decode(scales);
  const over = Array.from(steps).findIndex((s) => !Number.isFinite(s));
  if (over >= 0) fail(who, "dtype", `the scale ${exact[over]} of channel ${over} overflows ${dtype}.`);
  const [least, most] = symmetric ? [-127, 127] : [0, 255];
  const round = (v: number, scale: number) => (scale ? Math.round(v / scale) : 0);
  const clamp = (v: number) => Math.min(most, Math.max(least, v));
  const zeros = low.map((lo, c) => (symmetric ? 0 : clamp(round(-lo, steps[c]!))));
  const codes = Float64Array.from(data, (v, i) => clamp(round(v, steps[channel(i)]!) + zeros[channel(i)]!));
  const type = symmetric ? "i8" : "u8";
  return {
    operands: {
      w: tensor(encode(codes, type), shape, type),
      scales,
      ...(!symmetric && { zeros: tensor(encode(zeros, type), [co], type) }),
    },
    options: { filter },
  };
}
