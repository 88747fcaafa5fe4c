import { defineSuite, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { type RopeOptions, rope, ropeAngles } from "./rope.ts";

interface Shape {
  b?: number;
  h: number;
  s: number;
  d: number;
  /** Elements of a row that are turned; all unless given. */
  r?: number;
  positions?: readonly number[];
  /** A row of angles for each row of x. */
  own?: boolean;
}

function one(
  dtype: "f32" | "f16",
  { b = 1, h, s, d, r = d, positions, own = false }: Shape,
  options: RopeOptions = {},
): KernelCase {
  const keys: Record<string, string | number | boolean> = { h, s, d };
  if (b > 1) keys["b"] = b;
  if (r !== d) keys["r"] = r;
  if (positions) keys["positions"] = true;
  if (own) keys["own"] = true;
  Object.assign(keys, options);
  const known = own ? b * s : 64;
  return {
    dtype,
    keys,
    options,
    inputs: () => {
      const { cos, sin } = ropeAngles(known, r, { theta: 100 });
      const table = (t: typeof cos) => (own ? { ...t, shape: [b, s, r / 2] } : t);
      return {
        x: fill("uniform", options.layout === "bshd" ? [b, s, h, d] : [b, h, s, d], dtype, 1),
        cos: table(cos),
        sin: table(sin),
        ...(positions && { positions: { data: Uint32Array.from(positions), shape: [b, s] } }),
      };
    },
  };
}

const both = (shape: Shape, options?: RopeOptions): KernelCase[] => [one("f32", shape, options), one("f16", shape, options)];

const cases: readonly KernelCase[] = [
  ...both({ h: 1, s: 1, d: 2 }),
  ...both({ h: 1, s: 1, d: 2 }, { interleaved: true }),
  ...both({ b: 2, h: 3, s: 5, d: 16 }, { position: 7 }),
  ...both({ b: 2, h: 3, s: 5, d: 16 }, { interleaved: true, layout: "bshd" }),
  one("f32", { b: 2, h: 3, s: 5, d: 11, r: 6 }),
  one("f32", { b: 2, h: 3, s: 5, d: 11, r: 6 }, { interleaved: true, position: 3 }),
  ...both({ h: 3, s: 5, d: 20, r: 12, positions: [9, 0, 63, 5, 5] }, { layout: "bshd" }),
  ...both({ b: 2, h: 2, s: 2, d: 14, r: 10, positions: [1, 2, 30, 31] }, { interleaved: true }),
  one("f32", { b: 2, h: 2, s: 3, d: 8, own: true }),
  one("f32", { b: 2, h: 2, s: 3, d: 8, r: 4, own: true }, { interleaved: true }),
  one("f32", { h: 2, s: 0, d: 8 }),
];

/** What proves and times rope. */
export const ropeSuite: Suite = defineSuite(rope, cases, [
  one("f32", { h: 32, s: 64, d: 64 }),
  one("f32", { h: 32, s: 64, d: 64 }, { interleaved: true }),
]);
