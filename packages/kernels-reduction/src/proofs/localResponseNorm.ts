// What localResponseNorm is.
import type { ChannelSpec, ResponseParam } from "../channels.ts";
import { type Arithmetic, prove } from "./numbers.ts";

export const { reference, bound } = prove<ResponseParam, ChannelSpec, "y">(
  <N>(
    f: Arithmetic<N>,
    { params }: { params: Readonly<Record<ResponseParam, number>> },
    at: (operand: string, i: number) => N,
  ) => {
    const { count, channels, inner, size } = params;
    const [alpha, beta, bias] = [params.alpha, params.beta, params.bias].map((v) => f.of(v, "f32")) as [N, N, N];
    return {
      y: Array.from({ length: count }, (_, i) => {
        const c = Math.floor(i / inner) % channels;
        const near: N[] = [];
        for (let k = Math.max(0, c - Math.floor((size - 1) / 2)); k <= Math.min(channels - 1, c + Math.floor(size / 2)); k++) {
          const x = at("x", i + (k - c) * inner);
          near.push(f.mul(x, x));
        }
        const base = f.add(bias, f.mul(f.div(alpha, f.of(size)), f.sum(near)));
        return f.div(at("x", i), f.exp(f.mul(beta, f.log(base))));
      }),
    };
  },
);
