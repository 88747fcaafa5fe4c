import { wgsl } from "@tilewright/runtime";
import type { BatchNormSpec } from "../channels.ts";
import type { EachProgram } from "../variants/each.ts";

export const program: EachProgram<BatchNormSpec> = {
  four: ({ vec }) => vec !== "none",
  half: ({ half }) => half,
  count: "p.count",
  lanes: ({ vec }) => {
    const c = vec === "four" ? 4 : 1;
    return { x: vec === "none" ? 1 : 4, mean: c, variance: c, gamma: c, beta: c };
  },
  text: ({ vec, gamma, beta }) => {
    const T = vec === "none" ? "f32" : "vec4f";
    const of = (operand: string) => (vec === "four" ? `load_${operand}(c)` : `${T}(load_${operand}(c))`);
    const channel = {
      none: "i / p.inner % p.channels",
      same: "(4u * i) / p.inner % p.channels",
      four: "i % (p.channels >> 2u)",
    }[vec];
    return wgsl`fn element(i: u32) -> ${T} {
  let c = ${channel};
  return (load_x(i) - ${of("mean")}) * inverseSqrt(${of("variance")} + p.epsilon)${gamma ? ` * ${of("gamma")}` : ""}${beta ? ` + ${of("beta")}` : ""};
}`;
  },
};
