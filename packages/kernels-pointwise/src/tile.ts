// Copies beyond x's borders: tile repeats it, pad goes on in one of five ways.
import { fail, showShape } from "@tilewright/runtime";
import { bitsOf, type Moved, movement } from "./movement.ts";
import { noMore } from "./options.ts";
import { coordinates, numbered } from "./view.ts";

type TileParams = "o0" | "o1" | "o2" | "o3" | "o4" | "x0" | "x1" | "x2" | "x3" | "x4" | "x5";
const u32s = <P extends string>(names: readonly P[]) =>
  Object.fromEntries(names.map((name) => [name, "u32"])) as { readonly [K in P]: "u32" };

interface Ranked extends Moved {
  readonly rank: number;
}

/** Coordinates of element i along sizes given innermost first. */
function coordinatesOf(i: number, sizes: readonly number[]): number[] {
  return sizes.map((size, k) => {
    const c = k === sizes.length - 1 ? i : i % size;
    i = (i - c) / size;
    return c;
  });
}

const list = (params: object, letter: string, rank: number) =>
  Array.from({ length: rank }, (_, k) => (params as Record<string, number>)[letter + k]!);

/** x repeated `repeats[d]` times along each dimension, as NumPy's tile. */
export const tile = /* @__PURE__ */ movement<never, TileParams, { readonly repeats: readonly number[] }, Ranked>({
  name: "tile",
  inputs: [],
  params: /* @__PURE__ */ u32s(["o0", "o1", "o2", "o3", "o4", "x0", "x1", "x2", "x3", "x4", "x5"]),
  resolve({ x }, { repeats, ...more }) {
    noMore("tile", more, "repeats");
    if (!repeats || repeats.some((times) => !Number.isInteger(times) || times < 0))
      fail("tile", "shape", `repeats is [${repeats}]; needed is an integer from 0 for each dimension.`);
    const rank = Math.max(x.shape.length, repeats.length);
    const own = [...Array<number>(rank - x.shape.length).fill(1), ...x.shape];
    const times = [...Array<number>(rank - repeats.length).fill(1), ...repeats];
    // A dimension that is not repeated goes on in the next outer one.
    const [sizes, outs]: [number[], number[]] = [[], []];
    for (let d = rank - 1; d >= 0; d--) {
      if (sizes.length > 0 && sizes.at(-1) === outs.at(-1)) {
        const inner = sizes.pop()!;
        outs.pop();
        sizes.push(own[d]! * inner);
        outs.push(own[d]! * inner * times[d]!);
      } else if (own[d]! * times[d]! !== 1) {
        sizes.push(own[d]!);
        outs.push(own[d]! * times[d]!);
      }
    }
    if (sizes.length > 6)
      fail(
        "tile",
        "limit",
        `${showShape(x.shape)} repeated [${repeats}] times has ${sizes.length} dimensions; at most 6 are built.`,
      );
    return {
      params: { ...numbered("o", outs, 5, 1), ...numbered("x", sizes, 6, 1) } as Record<TileParams, number>,
      spec: { vec: (sizes[0] ?? 1) % 4 === 0, dtype: x.dtype, rank: sizes.length },
      shape: own.map((size, d) => size * times[d]!),
    };
  },
  source: ({ rank }) => `fn source(i: u32) -> u32 {
  ${coordinates(rank, "o")}
  var at = 0u; var step = 1u;
  ${Array.from({ length: rank }, (_, k) => `at += c${k} % p.x${k} * step; step *= p.x${k};`).join("\n  ")}
  return at;
}`,
  from:
    ({ params, spec: { rank } }) =>
    (i) => {
      const sizes = list(params, "x", rank);
      let [at, step] = [0, 1];
      coordinatesOf(i, list(params, "o", rank)).forEach((c, k) => {
        at += (c % sizes[k]!) * step;
        step *= sizes[k]!;
      });
      return at;
    },
});

type PadParams = "o0" | "o1" | "o2" | "o3" | "x0" | "x1" | "x2" | "x3" | "x4" | "b0" | "b1" | "b2" | "b3" | "b4" | "fill";

/** How x goes on: with `value`; with its last element; mirrored without or with the edge itself; from its other end. */
export type PadMode = "constant" | "edge" | "reflect" | "symmetric" | "wrap";

export interface PadOptions {
  /** How many before and behind, one of each for every dimension; negative takes away. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly mode?: PadMode | undefined;
  /** For `constant`; default 0. */
  readonly value?: number | undefined;
}

interface PadSpec extends Moved {
  readonly mode: PadMode;
  /** For each merged dimension, innermost first: p padded, or - whole. */
  readonly pattern: string;
}

/** WGSL that adds dimension k of the place. */
const step = (kind: string, k: number): string =>
  kind === "-"
    ? `at += c${k} * step; step *= p.x${k};`
    : `let j${k} = inside(i32(c${k}) - i32(p.b${k}), i32(p.x${k})); if (j${k} < 0) { return NONE; } at += u32(j${k}) * step; step *= p.x${k};`;

/** x with borders, as NumPy's pad. At most five dimensions that are padded or between padded ones. */
export const pad = /* @__PURE__ */ movement<never, PadParams, PadOptions, PadSpec>({
  name: "pad",
  inputs: [],
  params: /* @__PURE__ */ u32s(["o0", "o1", "o2", "o3", "x0", "x1", "x2", "x3", "x4", "b0", "b1", "b2", "b3", "b4", "fill"]),
  fills: true,
  resolve({ x }, { begin, end, mode = "constant", value = 0, ...more }) {
    noMore("pad", more, "begin, end, mode, value");
    const modes: readonly string[] = ["constant", "edge", "reflect", "symmetric", "wrap"];
    if (!modes.includes(mode)) fail("pad", "feature", `there is no mode "${mode}"; there are ${modes.join(", ")}.`);
    if (begin?.length !== x.shape.length || end?.length !== x.shape.length)
      fail(
        "pad",
        "shape",
        `begin is [${begin}] and end is [${end}]; each needs ${x.shape.length} numbers, one for each dimension of x ${showShape(x.shape)}.`,
      );
    const shape = x.shape.map((size, d) => size + begin[d]! + end[d]!);
    if (shape.some((size) => size < 0))
      fail(
        "pad",
        "shape",
        `x ${showShape(x.shape)} with begin [${begin}] and end [${end}] has a negative size: ${showShape(shape)}.`,
      );
    const hollow = x.shape.includes(0);
    if (hollow && mode !== "constant" && !shape.includes(0))
      fail("pad", "shape", `x ${showShape(x.shape)} is empty: there is nothing to go on with. Use mode "constant".`);
    const [sizes, outs, begins]: [number[], number[], number[]] = [[], [], []];
    let pattern = "";
    for (let d = x.shape.length - 1; d >= 0; d--) {
      const padded = begin[d] !== 0 || end[d] !== 0;
      const below = pattern.at(-1) === "-"; // a whole dimension goes on in the next outer one, its padding in whole rows
      if (below && (!padded || mode === "constant")) {
        const inner = sizes.pop()!;
        outs.pop();
        begins.pop();
        sizes.push(x.shape[d]! * inner);
        outs.push(shape[d]! * inner);
        begins.push(begin[d]! * inner);
        pattern = pattern.slice(0, -1) + (padded ? "p" : "-");
      } else if (padded || x.shape[d] !== 1) {
        sizes.push(x.shape[d]!);
        outs.push(shape[d]!);
        begins.push(begin[d]!);
        pattern += padded ? "p" : "-";
      }
    }
    if (sizes.length > 5)
      fail(
        "pad",
        "limit",
        `padding ${showShape(x.shape)} there has ${sizes.length} dimensions that cannot be merged; at most 5 are built. Pad in two steps.`,
      );
    const whole = [sizes[0] ?? 1, outs[0] ?? 1, begins[0] ?? 0].every((size) => size % 4 === 0);
    return {
      params: {
        ...numbered("o", outs, 4, 1),
        ...numbered("x", sizes, 5, 1),
        ...numbered("b", begins, 5, 0),
        fill: bitsOf(value, x.dtype),
      } as Record<PadParams, number>,
      spec: { vec: whole && (mode === "constant" || pattern[0] === "-"), dtype: x.dtype, mode, pattern, hollow },
      shape,
    };
  },
  source: ({ pattern, mode }) => `${CONTINUE[mode]}
fn source(i: u32) -> u32 {
  ${coordinates(pattern.length, "o")}
  var at = 0u; var step = 1u;
  ${[...pattern].map(step).join("\n  ")}
  return at;
}`,
  from: ({ params, spec: { pattern, mode } }) => {
    const rank = pattern.length;
    const [sizes, begins] = [list(params, "x", rank), list(params, "b", rank)];
    return (i) => {
      let [at, step] = [0, 1];
      for (const [k, c] of coordinatesOf(i, list(params, "o", rank)).entries()) {
        const j = continued(mode, c - begins[k]!, sizes[k]!);
        if (j < 0) return -1;
        at += j * step;
        step *= sizes[k]!;
      }
      return at;
    };
  },
});

/** WGSL of `inside(j, size)`: where the element at j is taken from, j being outside too. */
const CONTINUE: Readonly<Record<PadMode, string>> = {
  constant: "fn inside(j: i32, size: i32) -> i32 { return select(-1, j, j >= 0 && j < size); }",
  edge: "fn inside(j: i32, size: i32) -> i32 { return clamp(j, 0, size - 1); }",
  wrap: "fn inside(j: i32, size: i32) -> i32 { return (j % size + size) % size; }",
  reflect: `fn inside(j: i32, size: i32) -> i32 {
  let period = max(2 * size - 2, 1);
  let m = (j % period + period) % period;
  return min(m, period - m) * min(size - 1, 1);
}`,
  symmetric: `fn inside(j: i32, size: i32) -> i32 {
  let m = (j % (2 * size) + 2 * size) % (2 * size);
  return min(m, 2 * size - 1 - m);
}`,
};

function continued(mode: PadMode, j: number, size: number): number {
  const modulo = (x: number, by: number) => ((x % by) + by) % by;
  if (j >= 0 && j < size) return j;
  if (mode === "constant") return -1;
  if (mode === "edge") return j < 0 ? 0 : size - 1;
  if (mode === "wrap") return modulo(j, size);
  if (mode === "symmetric") return Math.min(modulo(j, 2 * size), 2 * size - 1 - modulo(j, 2 * size));
  const m = size > 1 ? modulo(j, 2 * size - 2) : 0;
  return Math.min(m, Math.max(2 * size - 2, 0) - m);
}
