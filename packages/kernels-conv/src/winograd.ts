// What the kernels by Winograd's algorithm share. Its matrices are in transforms.ts.
import { fail } from "@tilewright/runtime";
import type { Spec } from "./problem.ts";

/** @throws KernelError `feature` where there are no transforms for as many outputs along a tile */
export function checkOutputs(who: string, outputs: number): void {
  if (outputs !== 2 && outputs !== 4) fail(who, "feature", `outputs is ${outputs}; needed is 2 or 4, along a tile.`);
}

/** What changes the text of Winograd's algorithm. */
export interface WinogradSpec extends Spec {
  /** Outputs along a tile. */
  readonly outputs: 2 | 4;
  /** w is what winogradFilter made of a filter. */
  readonly transformed?: true | undefined;
}

/** What changes the text of a filter's transform. */
export type FilterSpec = Pick<WinogradSpec, "outputs" | "filter" | "kernel" | "transposed">;

/** A transformed filter's shape: points of the transform, input and output channels, both up to a multiple of 4. */
export const transformedShape = (outputs: 2 | 4, ci: number, co: number): readonly [number, number, number] => [
  (outputs + 2) ** 2,
  4 * Math.ceil(ci / 4),
  4 * Math.ceil(co / 4),
];
