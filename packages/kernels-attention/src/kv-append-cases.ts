import { defineSuite, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { type KvAppendOptions, kvAppend } from "./kv-append.ts";

interface Shape {
  b?: number;
  h: number;
  s: number;
  t: number;
  d: number;
  dv?: number;
}

/** `f32`, `f16`, or `f32,f16`: the new rows and the caches. */
function one(types: "f32" | "f16" | "f32,f16", { b = 1, h, s, t, d, dv = d }: Shape, options: KvAppendOptions = {}): KernelCase {
  const [x, y = x] = types.split(",") as ("f32" | "f16")[];
  const { layout = "bhsd", cacheLayout = "bhsd" } = options;
  const rows = (order: string, n: number, width: number) => (order === "bhsd" ? [b, h, n, width] : [b, n, h, width]);
  const keys = { ...(b > 1 && { b }), h, s, t, d, ...(dv !== d && { dv }), ...(options as Record<string, string | number>) };
  return {
    dtype: types.replace(",", "·"),
    keys,
    options,
    inputs: () => ({
      k: fill("uniform", rows(layout, s, d), x!, 1),
      v: fill("uniform", rows(layout, s, dv), x!, 2),
      kCache: fill("uniform", rows(cacheLayout, t, d), y!, 3),
      vCache: fill("uniform", rows(cacheLayout, t, dv), y!, 4),
    }),
  };
}

const cases: readonly KernelCase[] = [
  one("f32", { h: 1, s: 1, t: 1, d: 1 }),
  one("f16", { h: 1, s: 1, t: 2, d: 2 }, { position: 1 }),
  one("f32", { b: 2, h: 3, s: 4, t: 11, d: 16, dv: 8 }, { position: 5 }),
  one("f16", { b: 2, h: 3, s: 4, t: 11, d: 16, dv: 8 }, { position: 7, layout: "bshd" }),
  one("f32", { b: 2, h: 3, s: 5, t: 9, d: 7, dv: 5 }, { position: 4, layout: "bshd", cacheLayout: "bshd" }),
  one("f16", { b: 2, h: 2, s: 3, t: 9, d: 6, dv: 10 }, { position: 2, cacheLayout: "bshd" }),
  one("f32,f16", { h: 4, s: 2, t: 20, d: 64 }, { position: 18 }),
  one("f32", { h: 2, s: 0, t: 4, d: 8 }, { position: 2 }),
];

/** What proves and times kvAppend. */
export const kvAppendSuite: Suite = defineSuite(kvAppend, cases, [
  one("f32", { h: 8, s: 1, t: 1024, d: 64 }, { position: 1000, layout: "bshd" }),
  one("f32", { h: 8, s: 512, t: 1024, d: 64 }, { layout: "bshd" }),
]);
