// What split is.
import { countOf, type Problem } from "@tilewright/runtime";
import { PARTS, type Params, type PartsSpec } from "../concat.ts";
import { flushOnly } from "./movement.ts";

type Asked = Problem<Params, PartsSpec>;
type Results = Readonly<Record<string, Float64Array>>;

export function reference({ params, types }: Asked, { x }: { readonly x: ArrayLike<number> }): Results {
  const outputs: Record<string, Float64Array> = {};
  let before = 0;
  for (const k of PARTS) {
    const type = types[`y${k}`];
    if (!type) break;
    const size = params[`s${k}`];
    const start = before;
    outputs[`y${k}`] = Float64Array.from(
      { length: countOf(type.shape) },
      (_, i) => x[Math.floor(i / size) * params.row + start + (i % size)]!,
    );
    before += size;
  }
  return outputs;
}

export const bound = ({ spec }: Asked, _inputs: object, results: Results): Results =>
  Object.fromEntries(Object.entries(results).map(([name, y]) => [name, flushOnly(y, spec.dtype)]));
