// A filter's transform in numbers, and how far float32 strays from it.
import { LEAST, ULP } from "@tilewright/kernels-matmul/bound";
import type { Problem } from "@tilewright/runtime";
import { transforms } from "./transforms.ts";
import type { FilterSpec } from "./winograd.ts";
import { transformFilter } from "./winograd-proof.ts";

type Transform = Problem<"groups" | "ci" | "co", FilterSpec>;
type Values = { readonly w: ArrayLike<number> };

/** What lies past the last output channel is the last again. */
function padded({ co }: { readonly co: number }, u: Float64Array): Float64Array {
  const outer = 4 * Math.ceil(co / 4);
  return u.map((_, i) => u[i - (i % outer) + Math.min(i % outer, co - 1)]!);
}

/** G w Gᵀ for each pair of channels */
export function reference(problem: Transform, { w }: Values): { readonly u: Float64Array } {
  return {
    u: padded(
      problem.params,
      transformFilter(problem, w, (v) => v, false),
    ),
  };
}

/** Every rounding is half a ULP of what met on the way; what is small may be flushed. */
export function bound(problem: Transform, { w }: Values): { readonly u: Float64Array } {
  const sizes = transformFilter(problem, w, Math.abs, true);
  const least = LEAST[problem.types["w"]!.dtype];
  const lost = transformFilter(problem, w, (v) => (Math.abs(v) < least ? Math.abs(v) : 0), true);
  const { filterRoundings } = transforms[problem.spec.outputs];
  const far = sizes.map((size, i) => (filterRoundings / 2) * ULP * size + lost[i]! + 9 * LEAST.f32);
  return { u: padded(problem.params, far) };
}
