// What unpooling is: a scatter, element of x by element.
import { LEAST } from "@tilewright/kernels-matmul/bound";
import { countOf, type Problem } from "@tilewright/runtime";
import { visit } from "../proof.ts";
import type { UnpoolP, UnpoolSpec } from "./unpool.ts";

type Unpool = Problem<UnpoolP, UnpoolSpec>;
type Numbers = ArrayLike<number>;

export function reference(
  { params, spec, types }: Unpool,
  { x, indices }: { readonly x: Numbers; readonly indices: Numbers },
): { readonly y: Float64Array } {
  const { batch, channels, xd, xh, xw, yd, yh, yw, id, ih, iw, pd, ph, pw } = params;
  const { last, order, kernel, strides, dilations } = spec;
  const y = new Float64Array(countOf(types["y"]!.shape));
  const plane = id * ih * iw;
  /** Image, channel and place of an index that counts through everything. */
  const found = (index: number) => {
    const pixel = last ? Math.floor(index / channels) % plane : index % plane;
    const box = Math.floor(index / plane);
    const place =
      order === "column-major"
        ? [pixel % id, Math.floor(pixel / id) % ih, Math.floor(pixel / (id * ih))]
        : [Math.floor(pixel / (ih * iw)), Math.floor(pixel / iw) % ih, pixel % iw];
    return last
      ? { image: Math.floor(index / (plane * channels)), channel: index % channels, place }
      : { image: Math.floor(box / channels), channel: box % channels, place };
  };
  const pixels = visit([xd, xh, xw]);
  for (let image = 0; image < batch; image++)
    for (let channel = 0; channel < channels; channel++)
      pixels.forEach((window, pixel) => {
        const at = last
          ? (image * pixels.length + pixel) * channels + channel
          : (image * channels + channel) * pixels.length + pixel;
        const index = indices[at]!;
        if (index < 0 || (order === "plane" && index >= plane)) return;
        const first = last ? image * plane * channels + channel : (image * channels + channel) * plane;
        const to = found(order === "plane" ? first + index * (last ? channels : 1) : index);
        const inside = to.place.every((v, i) => {
          const from = window[i]! * strides[i]! - [pd, ph, pw][i]!;
          return v >= from && v <= from + (kernel[i]! - 1) * dilations[i]! && v < [yd, yh, yw][i]!;
        });
        if (to.image !== image || to.channel !== channel || !inside) return;
        const [d, h, w] = to.place as [number, number, number];
        const place = (d * yh + h) * yw + w;
        y[last ? (image * yd * yh * yw + place) * channels + channel : (image * channels + channel) * yd * yh * yw + place] =
          x[at]!;
      });
  return { y };
}

/** Exact, but for what may be flushed to zero. */
export function bound({ types }: Unpool, _: unknown, { y }: { readonly y: Float64Array }): { readonly y: Float64Array } {
  const least = LEAST[types["x"]!.dtype];
  return { y: y.map((v) => (Math.abs(v) < least ? Math.abs(v) : 0)) };
}
