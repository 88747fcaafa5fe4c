import { defineSuite, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { ropeAngles } from "../rope/rope.ts";
import { type KvAppendOptions, kvAppend } from "./kv-append.ts";

interface Shape {
  b?: number;
  h: number;
  s: number;
  t: number;
  d: number;
  dv?: number;
  /** Where each batch entry's rows go. */
  positions?: readonly number[];
  /** Rows of a page; pages are not in order. */
  page?: number;
  /** Elements of k's rows that are turned. */
  turned?: number;
}

/** `f32`, `f16`, or `f32,f16`: the new rows and the caches. */
function one(types: "f32" | "f16" | "f32,f16", shape: Shape, options: KvAppendOptions = {}): KernelCase {
  const { b = 1, h, s, t, d, dv = d, positions, page, turned } = shape;
  const [x, y = x] = types.split(",") as ("f32" | "f16")[];
  const { kvHeads, layout = kvHeads ? "bshd" : "bhsd", cacheLayout = "bhsd" } = options;
  const rows = (order: string, n: number, width: number, first = b) =>
    order === "bhsd" ? [first, h, n, width] : [first, n, h, width];
  const cache = (width: number) => (page ? rows(cacheLayout, page, width, (b * t) / page) : rows(cacheLayout, t, width));
  const keys = {
    ...(b > 1 && { b }),
    h,
    s,
    t,
    d,
    ...(dv !== d && { dv }),
    ...(page && { page }),
    ...(turned && { turned }),
    ...(positions && { positions: positions.join("x") }),
    ...(options as Record<string, string | number>),
  };
  return {
    dtype: types.replace(",", "·"),
    keys,
    options,
    inputs: () => ({
      k: fill("uniform", kvHeads ? [b, s, 2 * h + 2 * kvHeads, d] : rows(layout, s, d), x!, 1),
      ...(!kvHeads && { v: fill("uniform", rows(layout, s, dv), x!, 2) }),
      ...(positions && { positions: { data: Uint32Array.from(positions), shape: [b] } }),
      ...(page && {
        pages: { data: Uint32Array.from({ length: (b * t) / page }, (_, i) => (b * t) / page - 1 - i), shape: [b, t / page] },
      }),
      ...(turned && ropeAngles(t, turned, { theta: 100 })),
      kCache: fill("uniform", cache(d), y!, 3),
      vCache: fill("uniform", cache(dv), y!, 4),
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
  // a position for each batch entry, one of them with too little room; pages; keys turned on the way
  one("f32", { b: 3, h: 2, s: 2, t: 9, d: 8, positions: [0, 8, 5] }),
  one("f16", { b: 2, h: 2, s: 3, t: 24, d: 16, positions: [7, 21], page: 8 }, { layout: "bshd" }),
  one("f32", { h: 2, s: 5, t: 16, d: 6, page: 4 }, { position: 6, cacheLayout: "bshd" }),
  one("f32", { b: 2, h: 2, s: 3, t: 9, d: 16, turned: 16 }, { position: 4, layout: "bshd" }),
  one("f16", { b: 2, h: 2, s: 3, t: 9, d: 16, turned: 8, positions: [0, 6] }, { interleaved: true }),
  one("f32,f16", { h: 2, s: 3, t: 9, d: 12, turned: 4 }, { interleaved: true, position: 1 }),
  one("f32", { h: 2, s: 3, t: 8, d: 7, dv: 5, turned: 6, page: 8 }, { interleaved: true }),
  one("f32", { h: 2, s: 3, t: 8, d: 10, turned: 6, page: 2, positions: [5] }),
  // q, k and v side by side
  one("f32", { b: 2, h: 2, s: 3, t: 9, d: 16 }, { kvHeads: 2, position: 4 }),
  one("f16", { h: 3, s: 2, t: 9, d: 10, turned: 8 }, { kvHeads: 3, position: 4 }),
];

/** What proves and times kvAppend. */
export const kvAppendSuite: Suite = defineSuite(kvAppend, cases, [
  one("f32", { h: 8, s: 1, t: 1024, d: 64 }, { position: 1000, layout: "bshd" }),
  one("f32", { h: 8, s: 512, t: 1024, d: 64 }, { layout: "bshd" }),
]);
