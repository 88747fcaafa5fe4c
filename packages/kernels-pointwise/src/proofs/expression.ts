// Expressions in float64, and with the error of their float32 evaluation.
import { least } from "../accuracy.ts";
import { type Expression, type Kinds, type Op, typed } from "../expression.ts";

/** A number and how far its float32 evaluation may be from it. */
export type Result = readonly [value: number, error: number];
export type Read = (name: string) => Result;

/** The expression in float64 with the error of its float32 evaluation, as a function of its inputs and params. */
export function evaluator(e: Expression, kinds: Kinds): (read: Read) => Result {
  if (typeof e === "number") {
    const value: Result = [Math.fround(e), 0];
    return () => value;
  }
  if ("param" in e) return (read) => read(e.param);
  if ("input" in e) return (read) => read(e.input);
  const { op } = e;
  const own = e.args.slice(op.takes ? 1 : 0).map((arg) => typed(arg, kinds).kind);
  const kind = own.find((k) => k !== undefined) ?? "f32";
  const args = e.args.map((arg) => evaluator(arg, kinds));
  if (kind !== "f32") {
    const f = op.ints?.f?.(kind) ?? op.f;
    const wrap = (x: number) => (op.gives || kind === "u32" ? x >>> 0 : x | 0);
    return (read) => [wrap(f(...args.map((arg) => arg(read)[0]))), 0];
  }
  return (read) => {
    const given = args.map((arg) => arg(read));
    const x = given.map(([value]) => value);
    const y = op.f(...x);
    let error = (op.error?.(y, ...x) ?? 0) + (Math.abs(y) < least("f32") ? Math.abs(y) : 0);
    // What the arguments' own errors make of the result: the formula at every corner of where the arguments may be.
    if (given.some(([, off]) => off > 0)) error += furthest(op.f, given, [], y);
    return [y, Number.isNaN(error) ? 0 : Math.min(error, 2 ** 128)];
  };
}

function furthest(f: Op["f"], given: readonly Result[], fixed: readonly number[], y: number): number {
  const next = given[fixed.length];
  if (!next) {
    const change = Math.abs(f(...fixed) - y);
    return Number.isNaN(change) ? 0 : change;
  }
  const [value, off] = next;
  const ends = off > 0 ? [value, value - off, value + off] : [value];
  return Math.max(...ends.map((end) => furthest(f, given, [...fixed, end], y)));
}
