// Elements and rows picked by indices. Indices are i32 or u32, may count from the end (negative), and are clamped to what there is.
import { countOf, fail, showShape } from "@tilewright/runtime";
import { type Moved, movement, stridesOf, WRAPPED, wrapped } from "./movement.ts";
import { axisOf, checkIndices, noMore } from "./options.ts";
import { coordinates, merge, numbered } from "./view.ts";

export interface GatherOptions {
  /** Default 0. */
  readonly axis?: number | undefined;
  /** Leading dimensions that x and indices share. Default 0. */
  readonly batchDims?: number | undefined;
}

/**
 * Rows of x by index: x [batch…, before…, k, after…], indices [batch…, any…] → y [batch…, before…, any…, after…].
 * With axis 0 an embedding: x the table [vocabulary, width], indices the tokens.
 */
export const gather = /* @__PURE__ */ movement<"indices", "inner" | "picks" | "outer" | "k", GatherOptions, Moved>({
  name: "gather",
  inputs: ["indices"],
  params: { inner: "u32", picks: "u32", outer: "u32", k: "u32" },
  resolve({ x, indices }, { axis = 0, batchDims = 0, ...more }) {
    noMore("gather", more, "axis, batchDims");
    checkIndices("gather", indices);
    if (x.shape.length === 0) fail("gather", "shape", "x is a scalar; needed is at least one dimension to pick from.");
    const at = axisOf("gather", axis, x.shape.length);
    const batch = x.shape.slice(0, batchDims);
    if (batchDims < 0 || batchDims > at || `${batch}` !== `${indices.shape.slice(0, batchDims)}`)
      fail(
        "gather",
        "shape",
        `x is ${showShape(x.shape)} and indices is ${showShape(indices.shape)}; the first ${batchDims} dimensions must be equal, and stand before axis ${at}.`,
      );
    const k = x.shape[at]!;
    const inner = countOf(x.shape.slice(at + 1));
    const any = indices.shape.slice(batchDims);
    if (k === 0 && countOf(any) > 0)
      fail("gather", "shape", `x ${showShape(x.shape)} has nothing to pick from along axis ${at}.`);
    return {
      params: { inner, picks: countOf(any), outer: countOf(x.shape.slice(batchDims, at)), k },
      spec: { vec: inner % 4 === 0, dtype: x.dtype },
      shape: [...x.shape.slice(0, at), ...any, ...x.shape.slice(at + 1)],
    };
  },
  source: () => `${WRAPPED}
fn source(i: u32) -> u32 {
  let row = i / p.inner;
  let before = row / p.picks;
  let pick = wrapped(i32(load_indices(before / p.outer * p.picks + row % p.picks)), p.k);
  return (before * p.k + pick) * p.inner + i % p.inner;
}`,
  from:
    ({ params: { inner, picks, outer, k } }, { indices }) =>
    (i) => {
      const row = Math.floor(i / inner);
      const before = Math.floor(row / picks);
      return (before * k + wrapped(indices![Math.floor(before / outer) * picks + (row % picks)]!, k)) * inner + (i % inner);
    },
});
/** {@link gather} with axis 0: { x: the table [vocabulary, width], indices: tokens of any shape }. */
export const embedding: typeof gather = gather;

type ElementParams = "d0" | "d1" | "d2" | "d3" | "d4" | "s0" | "s1" | "s2" | "s3" | "s4" | "s5" | "step" | "k";
const ELEMENT_PARAMS = Object.fromEntries(
  ["d0", "d1", "d2", "d3", "d4", "s0", "s1", "s2", "s3", "s4", "s5", "step", "k"].map((name) => [name, "u32"]),
) as { readonly [K in ElementParams]: "u32" };

/** y[i][j][…] = x[indices[i][j][…]][j][…] with axis 0, and likewise along others; y has the shape of indices, which x must cover elsewhere. */
export const gatherElements = /* @__PURE__ */ movement<
  "indices",
  ElementParams,
  { readonly axis?: number | undefined },
  Moved & { readonly rank: number }
>({
  name: "gatherElements",
  scattered: true,
  inputs: ["indices"],
  params: ELEMENT_PARAMS,
  resolve({ x, indices }, { axis = 0, ...more }) {
    noMore("gatherElements", more, "axis");
    checkIndices("gatherElements", indices);
    const at = axisOf("gatherElements", axis, x.shape.length);
    const { shape } = indices;
    if (shape.length !== x.shape.length || shape.length === 0 || shape.some((size, d) => d !== at && size > x.shape[d]!))
      fail(
        "gatherElements",
        "shape",
        `x is ${showShape(x.shape)} and indices is ${showShape(shape)}; they need the same rank, and indices no larger size but along axis ${at}.`,
      );
    if (x.shape[at] === 0 && countOf(shape) > 0)
      fail("gatherElements", "shape", `x ${showShape(x.shape)} has nothing to pick from along axis ${at}.`);
    const strides = stridesOf(x.shape);
    const { d, s } = merge(
      "gatherElements",
      shape,
      strides.map((step, k) => (k === at ? 0 : step)),
    );
    return {
      params: { ...numbered("d", d, 5, 1), ...numbered("s", s, 6, 0), step: strides[at]!, k: x.shape[at]! } as Record<
        ElementParams,
        number
      >,
      spec: { vec: false, dtype: x.dtype, rank: d.length },
      shape,
    };
  },
  source: ({ rank }) => `${WRAPPED}
fn source(i: u32) -> u32 {
  ${coordinates(rank)}
  return wrapped(i32(load_indices(i)), p.k) * p.step${Array.from({ length: rank }, (_, k) => ` + c${k} * p.s${k}`).join("")};
}`,
  from:
    ({ params, spec: { rank } }, { indices }) =>
    (i) => {
      let at = wrapped(indices![i]!, params.k) * params.step;
      for (let k = 0; k < rank; k++) {
        const c = k === rank - 1 ? i : i % params[`d${k}` as "d0"];
        at += c * params[`s${k}` as "s0"];
        i = k === rank - 1 ? 0 : (i - c) / params[`d${k}` as "d0"];
      }
      return at;
    },
});

type NdParams = "inner" | "picks" | "whole" | "k0" | "k1" | "k2" | "k3" | "k4" | "k5";

/** Slices of x by tuples of indices: indices [batch…, any…, t], x [batch…, k0, …, k(t-1), after…] → y [batch…, any…, after…]; t at most 6. */
export const gatherND = /* @__PURE__ */ movement<
  "indices",
  NdParams,
  { readonly batchDims?: number | undefined },
  Moved & { readonly tuple: number }
>({
  name: "gatherND",
  inputs: ["indices"],
  params: { inner: "u32", picks: "u32", whole: "u32", k0: "u32", k1: "u32", k2: "u32", k3: "u32", k4: "u32", k5: "u32" },
  resolve({ x, indices }, { batchDims = 0, ...more }) {
    noMore("gatherND", more, "batchDims");
    checkIndices("gatherND", indices);
    const tuple = indices.shape.at(-1) ?? 0;
    const rest = x.shape.slice(batchDims);
    if (
      batchDims < 0 ||
      batchDims >= Math.max(indices.shape.length, 1) ||
      `${x.shape.slice(0, batchDims)}` !== `${indices.shape.slice(0, batchDims)}` ||
      tuple < 1 ||
      tuple > rest.length
    )
      fail(
        "gatherND",
        "shape",
        `x is ${showShape(x.shape)} and indices is ${showShape(indices.shape)}; needed are ${batchDims} equal leading dimensions, and a last dimension of indices from 1 to ${rest.length}.`,
      );
    if (tuple > 6)
      fail("gatherND", "limit", `the last dimension of indices is ${tuple}; at most 6 are built. Merge leading dimensions of x.`);
    const any = indices.shape.slice(batchDims, -1);
    const sizes = rest.slice(0, tuple);
    const inner = countOf(rest.slice(tuple));
    if (sizes.includes(0) && countOf(any) > 0) fail("gatherND", "shape", `x ${showShape(x.shape)} has nothing to pick from.`);
    return {
      params: { inner, picks: countOf(any), whole: countOf(rest), ...numbered("k", sizes, 6, 1) } as Record<NdParams, number>,
      spec: { vec: inner % 4 === 0, dtype: x.dtype, tuple },
      shape: [...x.shape.slice(0, batchDims), ...any, ...rest.slice(tuple)],
    };
  },
  source: ({ tuple }) => `${WRAPPED}
fn source(i: u32) -> u32 {
  let row = i / p.inner;
  var at = 0u;
  ${Array.from({ length: tuple }, (_, k) => `at = at * p.k${k} + wrapped(i32(load_indices(row * ${tuple}u + ${k}u)), p.k${k});`).join("\n  ")}
  return row / p.picks * p.whole + at * p.inner + i % p.inner;
}`,
  from:
    ({ params, spec: { tuple } }, { indices }) =>
    (i) => {
      const row = Math.floor(i / params.inner);
      let at = 0;
      for (let k = 0; k < tuple; k++) {
        const size = params[`k${k}` as "k0"];
        at = at * size + wrapped(indices![row * tuple + k]!, size);
      }
      return Math.floor(row / params.picks) * params.whole + at * params.inner + (i % params.inner);
    },
});
