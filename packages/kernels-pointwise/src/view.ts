// y is x seen through strides: transpose, slice, expand, flip, space and depth are this with different numbers.
import { fail, type TensorType, type Variant } from "@tilewright/runtime";
import { MOST_GROUPS } from "./broadcast.ts";
import type { Tile } from "./frame.ts";
import { type Moved, type Mover, movement } from "./movement.ts";

/** Sizes of the merged dimensions of y but the outermost, innermost first; what a step along each moves in x; where y begins. */
export type ViewParams = "d0" | "d1" | "d2" | "d3" | "d4" | "s0" | "s1" | "s2" | "s3" | "s4" | "s5" | "base";
const PARAMS = Object.fromEntries(
  ["d0", "d1", "d2", "d3", "d4", "s0", "s1", "s2", "s3", "s4", "s5", "base"].map((name) => [name, "u32"]),
) as { readonly [K in ViewParams]: "u32" };

export interface ViewSpec extends Moved {
  /** How many merged dimensions. */
  readonly rank: number;
  /** The dimension of y along which x lies in rows, where blocks of 4 by 4 can be turned; 0 where not. */
  readonly turn: number;
}

export interface View {
  readonly shape: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly base?: number;
}

/** What `sizes` and `strides` (outermost first) come to: dimensions of 1 dropped, those that continue each other merged. */
export function merge(who: string, sizes: readonly number[], strides: readonly number[]) {
  const d: number[] = [];
  const s: number[] = [];
  for (let i = sizes.length - 1; i >= 0; i--) {
    if (sizes[i] === 1) continue;
    if (d.length > 0 && strides[i] === s.at(-1)! * d.at(-1)!) d.push(d.pop()! * sizes[i]!);
    else {
      d.push(sizes[i]!);
      s.push(strides[i]!);
    }
  }
  if (d.length > MOST_GROUPS)
    fail(
      who,
      "limit",
      `it comes to ${d.length} dimensions that cannot be merged; at most ${MOST_GROUPS} are built. Do it in two steps.`,
    );
  return { d, s };
}

/** Number k of a list, 1 (a size) or 0 (a stride) where there is none, by the names of params. */
export const numbered = (letter: string, list: readonly number[], count: number, otherwise: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, k) => [`${letter}${k}`, list[k] ?? otherwise]));

/** WGSL of coordinates c0 … of element i along sizes d0 …, innermost first; the outermost takes the rest. */
export const coordinates = (rank: number, size = "d"): string =>
  Array.from({ length: rank }, (_, k) => {
    const rest = k ? `r${k}` : "i";
    return k === rank - 1
      ? `let c${k} = ${rest};`
      : `let c${k} = ${rest} % p.${size}${k}; let r${k + 1} = ${rest} / p.${size}${k};`;
  }).join("\n  ");

/** A kernel whose y is the view of x that `see` finds. */
export const view = <Options extends object>(
  name: string,
  see: (x: TensorType, options: Options) => View,
  ways: readonly Variant<ViewParams | "n", ViewSpec, Tile>[] = [],
): Mover<never, ViewParams, Options, ViewSpec> =>
  movement<never, ViewParams, Options, ViewSpec>({
    name,
    inputs: [],
    params: PARAMS,
    ways,
    resolve({ x }, options) {
      const { shape, sizes, strides, base = 0 } = see(x, options);
      const { d, s } = merge(name, sizes, strides);
      const aligned = (d[0] ?? 1) % 4 === 0 && base % 4 === 0;
      const row = aligned && s[0] === 1 && s.slice(1).every((step) => step % 4 === 0);
      const across = s.indexOf(1);
      const turns = aligned && across > 0 && d[across]! % 4 === 0 && s.every((step, k) => k === across || step % 4 === 0);
      const splat = (d[0] ?? 1) % 4 === 0 && s[0] === 0;
      return {
        params: { ...numbered("d", d, 5, 1), ...numbered("s", s, 6, 0), base } as Record<ViewParams, number>,
        spec: { vec: row || splat, splat, dtype: x.dtype, rank: d.length, turn: turns ? across : 0 },
        shape,
      };
    },
    source: ({ rank }) => `fn source(i: u32) -> u32 {
  ${coordinates(rank)}
  return p.base${Array.from({ length: rank }, (_, k) => ` + c${k} * p.s${k}`).join("")};
}`,
    from:
      ({ params, spec: { rank } }) =>
      (i) => {
        let at = params.base;
        for (let k = 0; k < rank; k++) {
          const size = k === rank - 1 ? Infinity : params[`d${k}` as "d0"];
          const c = size === Infinity ? i : i % size;
          at += c * params[`s${k}` as "s0"];
          i = (i - c) / size;
        }
        return at;
      },
  });
