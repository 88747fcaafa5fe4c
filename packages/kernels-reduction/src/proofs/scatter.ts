// What an update does, in numbers.
import type { ScatterSpec } from "../scatter.ts";
import type { Arithmetic } from "./numbers.ts";

/** a with the update b; integers wrap. */
export function combined<N>(f: Arithmetic<N>, { reduction, dtype }: ScatterSpec, a: N, b: N): N {
  const [x, y] = [f.value(a), f.value(b)];
  if (reduction === "none") return b;
  if (reduction === "min" || reduction === "max") {
    if (Number.isNaN(x)) return a;
    return Number.isNaN(y) || (reduction === "min" ? y <= x : y >= x) ? b : a;
  }
  if (dtype === "f32" || dtype === "f16") return reduction === "add" ? f.add(a, b) : f.mul(a, b);
  const whole = reduction === "add" ? x + y : Math.imul(x, y);
  return f.of(dtype === "i32" ? whole | 0 : whole >>> 0);
}

/** An index counted from the end where it is negative; outside it is met by nothing. */
export const wrapped = (i: number, size: number) => (i < 0 ? i + size : i);
