// conv's reference, then maxPool's; and how far a float32 evaluation of both may stray.
import type { Problem } from "@tilewright/runtime";
import { assemble } from "../geometry.ts";
import { reference as maxima, bound as poolBound } from "../pool/proof.ts";
import type { P } from "../problem.ts";
import { bound as convBound, reference as convolved } from "../proof.ts";
import type { Spec } from "./conv-max-pool.ts";

type Values = Parameters<typeof convolved>[1];
type Fused = Problem<P, Spec>;

/** The two problems: of what conv gives only that which lies in some window. */
function apart({ params, spec, types }: Fused) {
  const { batch, groups, co, yd, yh, yw } = params;
  const { pool, last } = spec;
  const [kd, kh, kw] = pool;
  const [xd, xh, xw] = [yd * kd, yh * kh, yw * kw];
  const channels = groups * co;
  const middle = { ...types["y"]!, shape: assemble(last, batch, channels, [xd, xh, xw]) };
  return {
    conv: { params: { ...params, yd: xd, yh: xh, yw: xw }, spec, types: { ...types, y: middle } },
    pool: {
      params: { ...{ batch, channels, kd, kh, kw, xd, xh, xw, yd, yh, yw }, ...{ pd: 0, ph: 0, pw: 0, exponent: 2 } },
      spec: {
        kind: "max",
        norm: "square",
        dtype: middle.dtype,
        dilations: [1, 1, 1],
        ...{ last, kernel: pool, strides: pool, flat: spec.flat, padded: false, vecC: false, few: false },
        ...{ counted: undefined, indices: undefined, rowed: undefined },
      },
      types: { x: middle, y: types["y"]! },
    },
  } as const;
}

export function reference(problem: Fused, values: Values): { readonly y: Float64Array } {
  const { conv, pool } = apart(problem);
  return { y: maxima(pool, { x: convolved(conv, values).y }).y };
}

/**
 * A maximum strays no further than what it is taken of, of which those that are not finite are exact or do not count, and by what of two numbers
 * flushed to zero may be taken for the greater.
 */
export function bound(problem: Fused, values: Values, { y }: { readonly y: Float64Array }): { readonly y: Float64Array } {
  const { conv, pool } = apart(problem);
  const middle = convolved(conv, values);
  const errors = convBound(conv, values, middle).y.map((error) => (Number.isFinite(error) ? error : 0));
  const most = maxima(pool, { x: errors }).y;
  const flushed = poolBound(pool, { x: middle.y }, { y }).y;
  return { y: most.map((error, i) => error + flushed[i]!) };
}
