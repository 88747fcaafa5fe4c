// What random tensors are, and how far float32 may be from them.
import type { Problem } from "@tilewright/runtime";
import { logError, stored, ULP } from "../accuracy.ts";
import type { Flat } from "../frame.ts";
import type { SeedParams } from "../philox.ts";
import { wordsOf } from "./philox.ts";

/** Element i in [0, 1) or of mean 0, from its words; and its error. */
type Draw = (words: readonly number[], i: number) => readonly [value: number, error: number];

const uniform: Draw = (words, i) => [(words[i & 3]! >>> 8) * 2 ** -24, 0];

const normal: Draw = (words, i) => {
  const [a, b] = i & 2 ? [words[2]!, words[3]!] : [words[0]!, words[1]!];
  const u = ((a >>> 9) + 0.5) * 2 ** -23;
  const half = -Math.log(u);
  const radius = Math.sqrt(2 * half);
  const angle = 2 * Math.PI * (b >>> 8) * 2 ** -24;
  const value = radius * (i & 1 ? Math.sin(angle) : Math.cos(angle));
  const off = u > 0.5 ? 14 * ULP * half : logError(u);
  return [value, off / radius + 6 * ULP * radius + radius * 14 * ULP];
};

/** @param shift `uniform`: y = shift + (stretch - shift) x, else shift + stretch · x */
export function proof(name: "uniform" | "normal", shift: string, stretch: string) {
  type Asked = Problem<string, Flat>;
  const draw = { uniform, normal }[name];
  const scaled = ({ params }: Asked) => {
    const low = params[shift]!;
    const factor = name === "uniform" ? Math.fround(params[stretch]! - low) : params[stretch]!;
    const words = wordsOf(params as Readonly<Record<SeedParams, number>>);
    return Array.from({ length: params["n"]! }, (_, i) => {
      const [value, error] = draw(words(i), i);
      const y = low + factor * value;
      return [y, Math.abs(factor) * error + ULP * (2 * Math.abs(factor * value) + Math.abs(y))] as const;
    });
  };
  return {
    reference: (problem: Asked) => ({ y: Float64Array.from(scaled(problem), ([y]) => y) }),
    bound: (problem: Asked) => ({
      y: Float64Array.from(scaled(problem), ([y, error]) => error + stored(y, problem.spec.dtype)),
    }),
  };
}
