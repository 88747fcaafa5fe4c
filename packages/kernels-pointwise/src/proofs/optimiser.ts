// What a step of an optimiser is: its expressions, one after another, over every weight.
import type { Problem } from "@tilewright/runtime";
import { least, stored } from "../accuracy.ts";
import type { Applied, Kinds } from "../expression.ts";
import type { OptimiserSpec } from "../optimiser.ts";
import { evaluator, type Result } from "./expression.ts";

type Asked = Problem<string, OptimiserSpec>;
type Given = Readonly<Record<string, ArrayLike<number> | undefined>>;

/** @param kept what a step updates; `read` what it reads besides the factor */
export function proof(
  kept: readonly string[],
  read: readonly string[],
  stepsOf: (spec: OptimiserSpec) => readonly [steps: readonly (readonly [string, Applied])[], kinds: Kinds],
) {
  function evaluate({ spec, params, types }: Asked, given: Given, errors: boolean) {
    const [own, kinds] = stepsOf(spec);
    const steps = own.map(([step, e]) => [step, evaluator(e, kinds)] as const);
    const out: Record<string, Float64Array> = {};
    const used = [...kept.filter((key) => types[key]), ...(types["half"] ? ["half"] : [])];
    for (const key of used) out[key] = new Float64Array(params["n"]!);
    const factor = given["factor"]?.[0] ?? 1;
    for (let i = 0; i < params["n"]!; i++) {
      const values: Record<string, Result> = {};
      for (const key of Object.keys(params)) values[key] = [params[key]!, 0];
      for (const key of read) {
        const x = given[key]?.[i];
        if (x !== undefined) values[key] = [x, Math.abs(x) < least(types[key]!.dtype) ? Math.abs(x) : 0];
      }
      const [g, off] = values["gradient"]!;
      values["scaled"] = [g * factor, Math.abs(off * factor) + (given["factor"] ? 2 ** -23 * Math.abs(g * factor) : 0)];
      for (const [step, of] of steps) values[`new_${step}`] = of((key) => values[key]!);
      for (const key of used) {
        const [y, error] = values[key === "half" ? "new_weights" : `new_${key}`] ?? values[key]!;
        out[key]![i] = errors ? error + stored(y, types[key]!.dtype) : y;
      }
    }
    return out;
  }

  return {
    reference: (problem: Asked, given: Given) => evaluate(problem, given, false),
    bound: (problem: Asked, given: Given) => evaluate(problem, given, true),
  };
}
