// What concat is.
import type { Problem } from "@tilewright/runtime";
import type { Params, PartsSpec } from "../concat.ts";
import { flushOnly } from "./movement.ts";

type Asked = Problem<Params, PartsSpec>;
interface Result {
  readonly y: Float64Array;
}

export function reference({ params, spec: { parts } }: Asked, inputs: object): Result {
  const given = inputs as Readonly<Record<string, ArrayLike<number>>>;
  return {
    y: Float64Array.from({ length: params.n }, (_, i) => {
      const row = Math.floor(i / params.row);
      let c = i % params.row;
      for (const k of parts) {
        const size = params[`s${k}`];
        if (c < size) return given[`x${k}`]![row * size + c]!;
        c -= size;
      }
      return 0;
    }),
  };
}

export const bound = ({ spec }: Asked, _inputs: object, { y }: Result): Result => ({ y: flushOnly(y, spec.dtype) });
