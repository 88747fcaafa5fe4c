// What every kernel checks of what it is given.
import { fail, type TensorType } from "@tilewright/runtime";

/** An axis counted from either end, as a number from 0. @throws KernelError `shape` */
export function axisOf(who: string, axis: number, rank: number, name = "axis"): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(at) || at < 0 || at >= Math.max(rank, 1))
    fail(who, "shape", `${name} is ${axis}; needed is an integer from ${-rank} to ${rank - 1} for a tensor of rank ${rank}.`);
  return at;
}

/** @throws KernelError `feature` for an option that is not known */
export function noMore(who: string, unknown: object, known: string): void {
  for (const key in unknown)
    fail(who, "feature", `there is no option ${key}; there ${known.includes(",") ? "are" : "is"} ${known}.`);
}

/** @throws KernelError `dtype` */
export function checkIndices(who: string, { dtype }: TensorType): void {
  if (dtype !== "i32" && dtype !== "u32") fail(who, "dtype", `indices is ${dtype}; needed is i32 or u32.`);
}
