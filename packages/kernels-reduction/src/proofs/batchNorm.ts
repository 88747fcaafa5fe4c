// What batchNorm with given statistics is.
import type { BatchNormSpec, ChannelParam } from "../channels.ts";
import { prove } from "./numbers.ts";

export const { reference, bound } = prove<ChannelParam | "epsilon", BatchNormSpec, "y">((f, { params, spec }, at) => ({
  y: Array.from({ length: params.count }, (_, i) => {
    const c = Math.floor(i / params.inner) % params.channels;
    const deviation = f.sqrt(f.add(at("variance", c), f.of(params.epsilon, "f32")));
    let y = f.mul(f.sub(at("x", i), at("mean", c)), f.div(f.of(1), deviation));
    if (spec.gamma) y = f.mul(y, at("gamma", c));
    return spec.beta ? f.add(y, at("beta", c)) : y;
  }),
}));
