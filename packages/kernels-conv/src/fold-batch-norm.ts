import { countOf, decode, encode, fail, type HostTensor, type Result, showShape, tensor } from "@tilewright/runtime";
import type { Filter } from "./problem.ts";

export interface Folded {
  readonly w: Result;
  readonly bias: Result;
}

export interface BatchNorm {
  /** The convolution's filter, and its bias where it has one. */
  readonly w: HostTensor;
  readonly bias?: HostTensor | undefined;
  /** Of each output channel: what the normalisation has learnt. gamma is 1 and beta 0 where they are left out. */
  readonly mean: HostTensor;
  readonly variance: HostTensor;
  readonly gamma?: HostTensor | undefined;
  readonly beta?: HostTensor | undefined;
}

const WHO = "foldBatchNorm";

/**
 * A convolution and the batch normalisation that follows it as one convolution: with s = gamma / √(variance + epsilon),
 * w' = s · w and bias' = s · (bias - mean) + beta, channel by channel (Ioffe and Szegedy 2015, arXiv:1502.03167, §3.1). On the host, in float64;
 * the results have w's dtype.
 * @param options `filter`: how w is stored (default "oihw"; output channels are its o), `epsilon` (default 1e-5). Not for a transpose in groups.
 * @throws KernelError `shape`, `feature`
 */
export function foldBatchNorm(
  { w, bias, mean, variance, gamma, beta }: BatchNorm,
  { filter = "oihw", epsilon = 1e-5 }: { filter?: Filter | undefined; epsilon?: number | undefined } = {},
): Folded {
  const { dtype, shape } = tensor(w.data as number[], w.shape, w.dtype);
  if (dtype !== "f32" && dtype !== "f16") fail(WHO, "dtype", `w is ${dtype}; needed is f32 or f16.`);
  const place = ["oihw", "ohwi"].includes(filter) ? 0 : ["iohw"].includes(filter) ? 1 : filter === "hwoi" ? -2 : -1;
  if (!/^(oihw|iohw|hwio|hwoi|ohwi|ihwo)$/.test(filter)) fail(WHO, "feature", `there is no filter layout "${filter}".`);
  const channels = shape.at(place)!;
  const of = (name: string, given: HostTensor | undefined, preset: number): ArrayLike<number> => {
    if (!given) return new Float64Array(channels).fill(preset);
    if (countOf(given.shape) !== channels)
      fail(WHO, "shape", `${name} is ${showShape(given.shape)}; needed is [${channels}], one for each output channel of w.`);
    return decode(given);
  };
  const [b, m, v, g, t] = [
    of("bias", bias, 0),
    of("mean", mean, 0),
    of("variance", variance, 1),
    of("gamma", gamma, 1),
    of("beta", beta, 0),
  ];
  const scale = Float64Array.from(v, (x, c) => g[c]! / Math.sqrt(x + epsilon));
  // Elements behind one output channel.
  const behind = countOf(shape.slice(place).slice(1));
  const folded = Float64Array.from(decode({ data: w.data, dtype }), (x, i) => x * scale[Math.floor(i / behind) % channels]!);
  return {
    w: { data: encode(folded, dtype), shape, dtype },
    bias: {
      data: encode(
        scale.map((s, c) => s * (b[c]! - m[c]!) + t[c]!),
        dtype,
      ),
      shape: [channels],
      dtype,
    },
  };
}
