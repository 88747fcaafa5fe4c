// Parts of x, backwards or broadcast: views that are told per axis.
import { countOf, fail, showShape } from "@tilewright/runtime";
import { stridesOf } from "./movement.ts";
import { axisOf, noMore } from "./options.ts";
import { view } from "./view.ts";

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

/** A shape of the same count: no kernel is needed, since tensors are contiguous. One dimension may be -1, what is left. */
export function reshape<T extends { readonly shape: readonly number[] }>(x: T, shape: readonly number[]): T {
  const known = countOf(shape.filter((size) => size !== -1));
  const full = shape.map((size) => (size === -1 ? countOf(x.shape) / known : size));
  if (countOf(full) !== countOf(x.shape) || full.some((size) => !Number.isInteger(size) || size < 0))
    fail("reshape", "shape", `${showShape(x.shape)} has ${countOf(x.shape)} elements, which do not fill ${showShape(shape)}.`);
  return { ...x, shape: full };
}
