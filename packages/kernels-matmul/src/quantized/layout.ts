// How quantised weights lie in memory, and what may be wrong with them.
import { fail, type HostTensor, showShape, type TensorType } from "@tilewright/runtime";
import { checkFloat } from "../checks.ts";

export type Bits = 4 | 8;

/** Neighbours along k that share a scale. */
export const GROUPS = [16, 32, 64, 128, 256] as const;
export type Group = (typeof GROUPS)[number];

export interface Layout {
  readonly bits: Bits;
  readonly group: Group;
}

/**
 * The three operands of a quantised matrix [n, k], w = scale · (code − zero):
 * `weights` are unsigned codes along k, the first in the lowest bits of a u32: [n, k / 8] for 4 bits, [n, k / 4] for 8;
 * `scales` are [n, k / group], f32 or f16; `zeros` are the codes that mean 0, one a group, packed like the weights along the groups of a row:
 * [n, ⌈k / group / 8⌉] or [n, ⌈k / group / 4⌉]. Without them the zero is the middle: 8 or 128.
 */
export interface QuantizedOperands<T = HostTensor> {
  readonly weights: T;
  readonly scales: T;
  readonly zeros?: T | undefined;
}

export interface LayoutOptions {
  /** Of a weight. Default 4. */
  bits?: Bits | undefined;
  /** Weights along k that share a scale: 16, 32, 64, 128 or 256. Default: what the scales' shape says. */
  group?: Group | undefined;
}

/** The code that means 0 where no zeros are given. */
export const middle = (bits: Bits): number => 2 ** (bits - 1);

/** Codes in a word. */
export const perWord = (bits: Bits): number => 32 / bits;

export function checkBits(who: string, bits: unknown): void {
  if (bits !== 4 && bits !== 8) fail(who, "feature", `bits is ${bits}; there are 4 and 8.`);
}

/** Whether rows of k can be cut into such groups. */
export function checkGroup(who: string, group: number, k: number): void {
  if (!(GROUPS as readonly number[]).includes(group)) fail(who, "feature", `group is ${group}; there are ${GROUPS.join(", ")}.`);
  if (k % group)
    fail(
      who,
      "shape",
      `group ${group} does not divide k, which is ${k}. Pad the rows of the weights with zeros to ${Math.ceil(k / group) * group}, or take another group.`,
    );
}

/** Rows, columns as stored, and layout of quantised operands. @throws KernelError `shape`, `dtype` or `feature` */
export function layoutOf(
  who: string,
  { weights, scales, zeros }: QuantizedOperands<TensorType>,
  { bits = 4, group }: LayoutOptions,
): { n: number; k: number; layout: Layout } {
  checkBits(who, bits);
  for (const [name, tensor] of Object.entries({ weights, scales, zeros })) {
    if (!tensor) continue;
    if (name === "scales") checkFloat(who, name, tensor.dtype);
    else if (tensor.dtype !== "u32") fail(who, "dtype", `${name} is ${tensor.dtype}; needed are u32 words of packed codes.`);
    if (tensor.shape.length !== 2)
      fail(who, "shape", `${name} is ${showShape(tensor.shape)}; needed is a matrix with a row for each of n.`);
  }
  const [n, words] = weights.shape as [number, number];
  const k = words * perWord(bits);
  const known = (group ?? (k ? k / scales.shape[1]! : 32)) as Group;
  if (group === undefined && !GROUPS.includes(known))
    fail(
      who,
      "shape",
      `scales is ${showShape(scales.shape)} for weights of [${n},${k}]; needed is [${n},${k} / group] with a group of ${GROUPS.join(", ")}.`,
    );
  checkGroup(who, known, k);
  const expect = (name: string, tensor: TensorType, columns: number, what: string) => {
    if (`${tensor.shape}` !== `${[n, columns]}`)
      fail(who, "shape", `${name} is ${showShape(tensor.shape)}; needed is [${n},${columns}], ${what}.`);
  };
  const groups = k / known;
  expect("scales", scales, groups, `one for each group of ${known} along k = ${k}`);
  if (zeros)
    expect(
      "zeros",
      zeros,
      Math.ceil(groups / perWord(bits)),
      `${groups} codes of ${bits} bits a row, in words of ${perWord(bits)}`,
    );
  return { n, k, layout: { bits, group: known } };
}
