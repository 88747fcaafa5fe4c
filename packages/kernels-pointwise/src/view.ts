// y is x seen through strides: transpose, slice, expand, flip, space and depth are one kernel with different numbers.
import { countOf, fail, showShape, type TensorType, type Variant, wgsl } from "@tilewright/runtime";
import { MOST_GROUPS } from "./broadcast.ts";
import { kindOf, main, type Tile } from "./frame.ts";
import { type Moved, type Mover, movement, stridesOf } from "./movement.ts";
import { axisOf, noMore } from "./options.ts";

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

/**
 * A thread turns a block of 4 by 4: four rows of x, read as vec4 along `turn`, become four of y along its innermost dimension.
 *
 *     x  ▤ ▤ ▤ ▤  four loads      y  ▥ ▥ ▥ ▥  four stores of four
 *
 * Element by element the same copy takes sixteen scattered loads and stores.
 */
const turned: Variant<ViewParams | "n", ViewSpec, Tile> = {
  name: "turned",
  tiles: [{ threads: 64, per: 1 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: ({ spec }) => spec.turn > 0,
  refuses: ({ spec }) => (spec.turn > 0 ? undefined : "no two dimensions that are multiples of 4 change places"),
  lanes: () => ({ x: 4, y: 4 }),
  workgroups: ({ params }, { threads }) => Math.ceil(params.n / (16 * threads)),
  wgsl({ rank, turn, dtype }, tile) {
    const T = `vec4<${kindOf(dtype)}>`;
    const quarter = (k: number) => k === 0 || k === turn;
    const split = Array.from({ length: rank }, (_, k) => {
      const rest = k ? `r${k}` : "i";
      const size = quarter(k) ? `(p.d${k} / 4u)` : `p.d${k}`;
      const take = k === rank - 1 ? rest : `${rest} % ${size}`;
      return `let c${k} = ${quarter(k) ? `4u * (${take})` : take};${k === rank - 1 ? "" : ` let r${k + 1} = ${rest} / ${size};`}`;
    });
    const step = (k: number) => Array.from({ length: k }, (_, j) => ` * p.d${j}`).join("");
    const all = (f: (k: number) => string) => Array.from({ length: rank }, (_, k) => f(k)).join(" + ");
    return `${wgsl`
fn put(i: u32) {
  ${split.join("\n  ")}
  let at = p.base + ${all((k) => `c${k} * p.s${k}`)};
  let to = ${all((k) => `c${k}${step(k)}`)};
  ${[0, 1, 2, 3].map((j) => `let x${j} = load_x((at + ${j}u * p.s0) >> 2u);`).join("\n  ")}
  ${["x", "y", "z", "w"].map((m, j) => `store_y((to + ${j}u${step(turn)}) >> 2u, ${T}(x0.${m}, x1.${m}, x2.${m}, x3.${m}));`).join("\n  ")}
}
`}${main(tile, "p.n / 16u", "put($i);")}`;
  },
};

/** Dimensions in another order: y's dimension d is x's `axes[d]`; reversed unless given, as NumPy's. */
export const transpose = /* @__PURE__ */ view(
  "transpose",
  ({ shape }, { axes, ...more }: { readonly axes?: readonly number[] | undefined }) => {
    noMore("transpose", more, "axes");
    const rank = shape.length;
    const order = axes ? axes.map((axis) => axisOf("transpose", axis, rank, "axes")) : shape.map((_, d) => rank - 1 - d);
    if (new Set(order).size !== rank || order.length !== rank)
      fail("transpose", "shape", `axes is [${axes}]; needed is each of the ${rank} dimensions of x ${showShape(shape)} once.`);
    const strides = stridesOf(shape);
    const sizes = order.map((d) => shape[d]!);
    return { shape: sizes, sizes, strides: order.map((d) => strides[d]!) };
  },
  [turned],
);

export interface SliceOptions {
  /** First element along each of `axes`; negative counts from the end, as NumPy's. 0 unless given. */
  readonly starts?: readonly number[] | undefined;
  /** One behind the last; negative counts from the end. To the end unless given. */
  readonly ends?: readonly number[] | undefined;
  /** All unless given. */
  readonly axes?: readonly number[] | undefined;
  /** Negative goes backwards (and needs starts and ends, or takes all). 1 unless given. */
  readonly steps?: readonly number[] | undefined;
}

/** x[start:end:step, …] with NumPy's rules: what lies outside is left out. */
export const slice = /* @__PURE__ */ view("slice", ({ shape }, { starts, ends, axes, steps, ...more }: SliceOptions) => {
  noMore("slice", more, "starts, ends, axes, steps");
  const given = starts ?? ends ?? steps ?? [];
  const along = axes ? axes.map((axis) => axisOf("slice", axis, shape.length, "axes")) : given.map((_, d) => d);
  const sizes = [...shape];
  const strides = stridesOf(shape);
  let base = 0;
  along.forEach((d, k) => {
    const size =
      shape[d] ??
      fail("slice", "shape", `there are ${along.length} numbers, but x ${showShape(shape)} has ${shape.length} dimensions.`);
    const step = steps?.[k] ?? 1;
    if (!Number.isInteger(step) || step === 0)
      fail("slice", "shape", `steps[${k}] is ${step}; needed is an integer other than 0.`);
    const back = step < 0;
    const place = (value: number | undefined, otherwise: number) => {
      if (value === undefined) return otherwise;
      const at = value < 0 ? value + size : value;
      return back ? Math.min(Math.max(at, -1), size - 1) : Math.min(Math.max(at, 0), size);
    };
    const start = place(starts?.[k], back ? size - 1 : 0);
    const end = place(ends?.[k], back ? -1 : size);
    sizes[d] = Math.max(0, Math.ceil((end - start) / step));
    if (sizes[d]! > 0) base += start * strides[d]!;
    strides[d]! *= step;
  });
  return { shape: sizes, sizes, strides, base };
});

/** Order reversed along `axes`, all unless given. */
export const flip = /* @__PURE__ */ view(
  "flip",
  ({ shape }, { axes, ...more }: { readonly axes?: readonly number[] | undefined }) => {
    noMore("flip", more, "axes");
    const along = new Set((axes ?? shape.map((_, d) => d)).map((axis) => axisOf("flip", axis, shape.length, "axes")));
    const strides = stridesOf(shape);
    const base = shape.reduce((sum, size, d) => sum + (along.has(d) && size > 0 ? (size - 1) * strides[d]! : 0), 0);
    return { shape, sizes: shape, strides: strides.map((step, d) => (along.has(d) ? -step : step)), base };
  },
);

/** x broadcast to `shape`, or to what x's shape and it broadcast to. */
export const expand = /* @__PURE__ */ view("expand", (x, { shape: wanted, ...more }: { readonly shape: readonly number[] }) => {
  noMore("expand", more, "shape");
  if (!wanted) fail("expand", "shape", "options.shape is missing: the shape to broadcast x to.");
  const rank = Math.max(x.shape.length, wanted.length);
  const pad = (shape: readonly number[]) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const own = pad(x.shape);
  const shape = pad(wanted).map((size, d) => {
    if (size !== own[d] && size !== 1 && own[d] !== 1)
      fail(
        "expand",
        "shape",
        `x ${showShape(x.shape)} does not broadcast to ${showShape(wanted)}: ${own[d]} and ${size} must be equal, or one of them 1.`,
      );
    return size === 1 ? own[d]! : size;
  });
  const strides = stridesOf(own);
  return { shape, sizes: shape, strides: strides.map((step, d) => (own[d] === 1 ? 0 : step)) };
});

export interface BlockOptions {
  /** Side of the block of pixels that becomes, or comes from, channels. */
  readonly block: number;
  /** Where channels stand: NCHW (default) or NHWC. */
  readonly layout?: "nchw" | "nhwc" | undefined;
  /** Order within depth: `dcr` (default) block before channel, `crd` channel before block, as ONNX names them. */
  readonly order?: "dcr" | "crd" | undefined;
}

function blockSizes(who: string, x: TensorType, { block, layout = "nchw", order = "dcr", ...more }: BlockOptions) {
  noMore(who, more, "block, layout, order");
  if (x.shape.length !== 4)
    fail(who, "shape", `x is ${showShape(x.shape)}; needed is [n, c, h, w], or [n, h, w, c] with layout: "nhwc".`);
  if (!Number.isInteger(block) || block < 1) fail(who, "shape", `block is ${block}; needed is an integer from 1.`);
  const last = layout === "nhwc";
  const [n, c, h, w] = last ? [0, 3, 1, 2].map((d) => x.shape[d]!) : x.shape;
  return { n: n!, c: c!, h: h!, w: w!, last, crd: order === "crd" };
}

/** Blocks of channels to blocks of pixels: [n, c·b², h, w] → [n, c, h·b, w·b]. */
export const depthToSpace = /* @__PURE__ */ view("depthToSpace", (x, options: BlockOptions) => {
  const { block: b } = options;
  const { n, c: deep, h, w, last, crd } = blockSizes("depthToSpace", x, options);
  const c = deep / (b * b);
  if (!Number.isInteger(c)) fail("depthToSpace", "shape", `x has ${deep} channels; needed is a multiple of block² = ${b * b}.`);
  // Strides of x by what an element is: row, column, and within depth channel and place in the block.
  const [row, column, unit] = last ? [w * deep, deep, 1] : [w, 1, h * w];
  const [channel, down, across] = crd ? [b * b * unit, b * unit, unit] : [unit, b * c * unit, c * unit];
  const [high, wide, all] = [[h, b], [w, b], n] as const;
  return last
    ? {
        shape: [n, h * b, w * b, c],
        sizes: [all, ...high, ...wide, c],
        strides: [h * w * deep, row, down, column, across, channel],
      }
    : {
        shape: [n, c, h * b, w * b],
        sizes: [all, c, ...high, ...wide],
        strides: [h * w * deep, channel, row, down, column, across],
      };
});

/** Blocks of pixels to channels: [n, c, h·b, w·b] → [n, c·b², h, w]. The inverse of {@link depthToSpace}. */
export const spaceToDepth = /* @__PURE__ */ view("spaceToDepth", (x, options: BlockOptions) => {
  const { block: b } = options;
  const { n, c, h: high, w: wide, last, crd } = blockSizes("spaceToDepth", x, options);
  const [h, w] = [high / b, wide / b];
  if (!Number.isInteger(h) || !Number.isInteger(w))
    fail("spaceToDepth", "shape", `x is ${high} x ${wide} pixels; both must be multiples of block = ${b}.`);
  const [pixelRow, pixel, channel] = last ? [wide * c, c, 1] : [wide, 1, high * wide];
  const depth = crd
    ? ([
        [c, b, b],
        [channel, pixelRow, pixel],
      ] as const)
    : ([
        [b, b, c],
        [pixelRow, pixel, channel],
      ] as const);
  const [batch, row, column] = [high * wide * c, b * pixelRow, b * pixel];
  return last
    ? { shape: [n, h, w, c * b * b], sizes: [n, h, w, ...depth[0]], strides: [batch, row, column, ...depth[1]] }
    : { shape: [n, c * b * b, h, w], sizes: [n, ...depth[0], h, w], strides: [batch, ...depth[1], row, column] };
});

/** A shape of the same count: no kernel is needed, since tensors are contiguous. One dimension may be -1, what is left. */
export function reshape<T extends { readonly shape: readonly number[] }>(x: T, shape: readonly number[]): T {
  const known = countOf(shape.filter((size) => size !== -1));
  const full = shape.map((size) => (size === -1 ? countOf(x.shape) / known : size));
  if (countOf(full) !== countOf(x.shape) || full.some((size) => !Number.isInteger(size) || size < 0))
    fail("reshape", "shape", `${showShape(x.shape)} has ${countOf(x.shape)} elements, which do not fill ${showShape(shape)}.`);
  return { ...x, shape: full };
}
