// A register tile of y: of which problems it is worth one, and which it refuses.
import type { Caps, Problem } from "@tilewright/runtime";
import type { Three } from "./geometry.ts";
import type { P, Place, Spec } from "./problem.ts";

/** Strides spread x. */
export const phased = ({ transposed, strides }: Pick<Place, "transposed" | "strides">): boolean =>
  transposed && strides.some((stride) => stride > 1);

/** Neighbours in a phase are no neighbours in a row of y. */
export const storedApart = (spec: Spec): Spec =>
  phased(spec) && !spec.last && spec.strides[2] > 1 ? { ...spec, vecY: false } : spec;

/** Kernels wider than this unroll into texts that CPU drivers take seconds to compile. */
const WIDEST = 15;

export const tileRefusal = ({ spec, params }: Problem<P, Spec>, caps: Caps): string | undefined => {
  if (spec.empty) return "there is nothing to multiply; naive writes bias and residual";
  if (!spec.last && spec.kernel[2] > WIDEST) return `it unrolls kernels at most ${WIDEST} wide; this one is ${spec.kernel[2]}`;
  return storeRefusal({ spec: storedApart(spec), params }, caps);
};

/** Why y cannot be stored four at a time, if so. */
export const storeRefusal = ({ spec, params }: Pick<Problem<P, Spec>, "spec" | "params">, { f16 }: Caps): string | undefined =>
  spec.half && !f16 && !spec.vecY
    ? `without shader-f16 it stores f16 rows of a multiple of 4 only; they are ${spec.last ? params.co : params.yw}`
    : undefined;

/** Rows and columns of y as the tile sees them; columns in elements. */
export function extent({ spec, params }: Pick<Problem<P, Spec>, "spec" | "params">) {
  return laid(spec, params, [params.yd, params.yh, params.yw], 1);
}

/** Of so many parts of y, each of these sizes at most. */
export const laid = ({ last }: Spec, { batch, co }: { batch: number; co: number }, [d, h, w]: Three, parts: number) =>
  last
    ? { rows: batch * d * h * w, columns: co, images: parts }
    : { rows: co, columns: d * h * Math.ceil(w / 4) * 4, images: parts * batch };

/** Below this a tile is mostly edge, and its text takes CPU drivers seconds to compile where naive's takes a twentieth. */
export const worthTiling = (problem: Problem<P, Spec>): boolean => {
  const { rows, columns } = extent(problem);
  return problem.params.co >= 4 && rows * columns >= 256;
};
