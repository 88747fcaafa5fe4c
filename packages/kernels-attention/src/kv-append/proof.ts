// What kvAppend is, in float64, and how far a float32 evaluation may stray from it.
import type { Problem, TensorType } from "@tilewright/runtime";
import { turnError, turnedRow } from "../rotation.ts";
import type { Layout } from "../sizes.ts";
import type { P, Spec } from "./kv-append.ts";

type Numbers = ArrayLike<number>;
interface Values {
  readonly k: Numbers;
  readonly v?: Numbers | undefined;
  readonly positions?: Numbers | undefined;
  readonly pages?: Numbers | undefined;
  readonly cos?: Numbers | undefined;
  readonly sin?: Numbers | undefined;
  readonly kCache: Numbers;
  readonly vCache: Numbers;
}

interface Caches {
  readonly kCache: Float64Array;
  readonly vCache: Float64Array;
}

/** Every new element: where it goes, and the two terms it is made of. */
function moved(
  { params, spec }: Problem<P, Spec>,
  { k, v = k, positions, pages, cos, sin }: Values,
  visit: (cache: "kCache" | "vCache", at: number, own: number, other: number) => void,
): void {
  const { batch, heads, queries, s, t, d, dv, position, half } = params;
  const place = (layout: Layout, b: number, h: number, i: number, rows: number) =>
    layout === "bhsd" ? (b * heads + h) * rows + i : (b * rows + i) * heads + h;
  const rows = 2 ** (spec.page ?? 0);
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < s; i++) {
        const at = i + (positions ? positions[b]! : position);
        if (at >= t) continue;
        const from = spec.packed ? (b * s + i) * (queries + 2 * heads) + queries + h : place(spec.layout, b, h, i, s);
        const fromV = spec.packed ? from + heads : from;
        const to = pages
          ? place(spec.cacheLayout, pages[(b * t) / rows + Math.floor(at / rows)]!, h, at % rows, rows)
          : place(spec.cacheLayout, b, h, at, t);
        const turn = { at: from * d, d, half, interleaved: spec.turn === "interleaved", angle: at };
        turnedRow(turn, k, cos ?? [], sin ?? [], (c, own, other) => visit("kCache", to * d + c, own, other));
        for (let c = 0; c < dv; c++) visit("vCache", to * dv + c, v[fromV * dv + c]!, 0);
      }
}

/** Moved as it is; into f16 rounded, and what is below the normal numbers may be flushed. */
const movedError = (x: number, from: TensorType, to: TensorType): number =>
  (from.dtype === to.dtype ? 0 : Math.abs(x) * 2 ** -10) +
  (Math.abs(x) < (to.dtype === "f16" || from.dtype === "f16" ? 2 ** -14 : 2 ** -126) ? Math.abs(x) : 0);

export function reference(problem: Problem<P, Spec>, values: Values): Caches {
  const caches = { kCache: Float64Array.from(values.kCache), vCache: Float64Array.from(values.vCache) };
  moved(problem, values, (cache, at, own, other) => {
    caches[cache][at] = own + other;
  });
  return caches;
}

export function bound(problem: Problem<P, Spec>, values: Values): Caches {
  const { types, spec } = problem;
  const bounds = { kCache: new Float64Array(values.kCache.length), vCache: new Float64Array(values.vCache.length) };
  // What is not written is as it was, to the bit; what may be flushed when it is read for the comparison is not touched at all.
  moved(problem, values, (cache, at, own, other) => {
    const [from, to] = cache === "kCache" ? [types["k"]!, types["kCache"]!] : [types["v"] ?? types["k"]!, types["vCache"]!];
    bounds[cache][at] =
      spec.turn && cache === "kCache"
        ? turnError(own, other, from.dtype === "f16" || to.dtype === "f16")
        : movedError(own, from, to);
  });
  return bounds;
}
