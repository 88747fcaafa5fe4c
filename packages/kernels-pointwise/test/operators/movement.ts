// Operators of ONNX, WebNN and tfjs that move data.
import type { HostTensor } from "@tilewright/runtime";
import { Unsupported } from "@tilewright/testing/conformance";
import * as k from "../../src/index.ts";
import { argument, countOf, type FileCase, numbers, type Operator, only, operand, reshape } from "./operands.ts";

const input = (kase: FileCase, context: Parameters<Operator>[1]) => argument(kase, context, 0, "x", "input", "data", "images");
const attribute = (kase: FileCase, ...names: readonly string[]): number | undefined => {
  for (const name of names) if (typeof kase.attributes[name] === "number") return kase.attributes[name];
  return undefined;
};
const list = (kase: FileCase, name: string): number[] | undefined => {
  const value = kase.attributes[name];
  return value === undefined || value === null ? undefined : ([value].flat(9) as number[]);
};

const transpose: Operator = async (kase, context) => {
  const axes = list(kase, "perm") ?? list(kase, "permutation");
  return only(await context.run(k.transpose, { x: input(kase, context) }, axes ? { axes } : {}));
};

const onnxSlice: Operator = async (kase, context) => {
  const [starts, ends, axes, steps] = ["starts", "ends", "axes", "steps"].map((name, i) => numbers(kase, i + 1, name));
  return only(await context.run(k.slice, { x: input(kase, context) }, { starts, ends, axes, steps }));
};
const webnnSlice: Operator = async (kase, context) => {
  const [starts, sizes] = [list(kase, "starts")!, list(kase, "sizes")!];
  return only(
    await context.run(
      k.slice,
      { x: input(kase, context) },
      { starts, ends: starts.map((start, d) => start + sizes[d]!), steps: list(kase, "strides") },
    ),
  );
};
const tfjsSlice: Operator = async (kase, context) => {
  const x = input(kase, context);
  const starts = list(kase, "begin")!;
  const sizes = list(kase, "size") ?? [];
  const ends = starts.map((start, d) => ((sizes[d] ?? -1) < 0 ? x.shape[d]! : start + sizes[d]!));
  return only(await context.run(k.slice, { x }, { starts, ends }));
};

/** Seven at a time: what is joined joins the next. */
const concat: Operator = async (kase, context) => {
  const nested = Object.entries(kase.attributes).filter(([, value]) => Array.isArray(value));
  if (kase.inputs.length === 0 || nested.length > 0) throw new Unsupported("arguments given as nested arrays");
  let all = kase.inputs.map((t) => operand(t, context));
  if (kase.inputs.length === 1 && kase.name.includes("Chained")) throw new Unsupported("the case has lost its other tensors");
  const axis = attribute(kase, "axis") ?? 0;
  while (all.length > 1) {
    const some = all.slice(0, 7);
    const inputs = Object.fromEntries(some.map((x, i) => [`x${i}`, x])) as { readonly x0: HostTensor };
    all = [await context.run(k.concat, inputs, { axis }), ...all.slice(7)];
  }
  return only(all.length === 1 && kase.inputs.length === 1 ? await context.run(k.concat, { x0: all[0]! }, { axis }) : all[0]!);
};
const stack: Operator = async (kase, context) => {
  const axis = attribute(kase, "axis") ?? 0;
  const all = kase.inputs.map((t) => operand(t, context));
  const inputs = Object.fromEntries(
    all.map((x, i) => [`x${i}`, reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)])]),
  ) as unknown as { readonly x0: HostTensor };
  return only(await context.run(k.concat, inputs, { axis }));
};

const split: Operator = async (kase, context) => {
  const x = input(kase, context);
  const axis = attribute(kase, "axis") ?? 0;
  const at = axis < 0 ? axis + x.shape.length : axis;
  const given = numbers(kase, 1, "split") ?? list(kase, "splits") ?? list(kase, "numOrSizeSplits") ?? [kase.outputs.length];
  const rest = x.shape[at]! - given.reduce((sum, size) => sum + Math.max(size, 0), 0); // what tfjs' -1 stands for
  const parts = given.length > 1 ? given.map((size) => (size < 0 ? rest : size)) : given[0]!;
  const y = (await context.run(k.split, { x }, { parts, axis })) as Readonly<Record<string, HostTensor>>;
  return { outputs: kase.outputs.map((_, i) => y[`y${i}`]!) };
};

const MODES: Readonly<Record<string, k.PadMode>> = {
  constant: "constant",
  edge: "edge",
  reflect: "reflect",
  reflection: "reflect",
  symmetric: "symmetric",
  wrap: "wrap",
};
const pad =
  (
    pads: (kase: FileCase, rank: number) => readonly [number[], number[]],
    value: (kase: FileCase) => number | undefined,
  ): Operator =>
  async (kase, context) => {
    const x = input(kase, context);
    const [begin, end] = pads(kase, x.shape.length);
    return only(
      await context.run(
        k.pad,
        { x },
        { begin, end, mode: MODES[String(kase.attributes["mode"] ?? "constant")], value: value(kase) ?? 0 },
      ),
    );
  };
const onnxPad = pad(
  (kase, rank) => {
    const pads = numbers(kase, 1, "pads")!;
    const axes = (numbers(kase, 3, "axes") ?? Array.from({ length: rank }, (_, d) => d)).map((d) => (d < 0 ? d + rank : d));
    const half = (from: number) => Array.from({ length: rank }, (_, d) => (axes.includes(d) ? pads[from + axes.indexOf(d)]! : 0));
    return [half(0), half(pads.length / 2)];
  },
  (kase) => kase.inputs[2]?.data[0] ?? attribute(kase, "value"),
);
const tfjsPad = pad(
  (kase) => {
    const pads = kase.attributes["paddings"] as number[][];
    return [pads.map(([a]) => a!), pads.map(([, b]) => b!)];
  },
  (kase) => attribute(kase, "constantValue"),
);
const webnnPad = pad(
  (kase) => [list(kase, "beginningPadding")!, list(kase, "endingPadding")!],
  (kase) => attribute(kase, "value"),
);

const gather: Operator = async (kase, context) => {
  const x = input(kase, context);
  const axis = attribute(kase, "axis") ?? 0;
  const i = argument(kase, context, 1, "indices");
  const indices = i.dtype === "f32" ? await context.run(k.cast, { x: i }, { dtype: "i32" }) : i;
  return only(await context.run(k.gather, { x, indices }, { axis, batchDims: attribute(kase, "batchDims") ?? 0 }));
};
const gatherElements: Operator = async (kase, context) =>
  only(
    await context.run(
      k.gatherElements,
      { x: input(kase, context), indices: argument(kase, context, 1, "indices") },
      { axis: attribute(kase, "axis") ?? 0 },
    ),
  );
const gatherND: Operator = async (kase, context) =>
  only(
    await context.run(
      k.gatherND,
      { x: input(kase, context), indices: argument(kase, context, 1, "indices") },
      { batchDims: attribute(kase, "batch_dims") ?? 0 },
    ),
  );

const oneHot: Operator = async (kase, context) => {
  const i = argument(kase, context, 0, "indices");
  const indices = i.dtype === "f32" ? await context.run(k.cast, { x: i }, { dtype: "i32" }) : i;
  return only(
    await context.run(
      k.oneHot,
      { indices },
      {
        depth: attribute(kase, "depth")!,
        onValue: attribute(kase, "onValue") ?? 1,
        offValue: attribute(kase, "offValue") ?? 0,
        dtype: "i32",
      },
    ),
  );
};

const triangle = (upper: boolean, diagonal: number) => [upper ? k.triu : k.tril, { diagonal }] as const;
const onnxTrilu: Operator = async (kase, context) => {
  const [kernel, options] = triangle(kase.attributes["upper"] !== 0, kase.inputs[1]?.data[0] ?? 0);
  return only(await context.run(kernel, { x: input(kase, context) }, options));
};
const webnnTriangular: Operator = async (kase, context) => {
  const [kernel, options] = triangle(kase.attributes["upper"] !== false, attribute(kase, "diagonal") ?? 0);
  return only(await context.run(kernel, { x: input(kase, context) }, options));
};

const blocks =
  (kernel: typeof k.depthToSpace): Operator =>
  async (kase, context) =>
    only(
      await context.run(
        kernel,
        { x: input(kase, context) },
        { block: attribute(kase, "blocksize")!, order: kase.attributes["mode"] === "CRD" ? "crd" : "dcr" },
      ),
    );

const tile: Operator = async (kase, context) => {
  const repeats = list(kase, "reps") ?? list(kase, "repetitions") ?? numbers(kase, 1, "repeats")!;
  return only(await context.run(k.tile, { x: input(kase, context) }, { repeats }));
};
const expand: Operator = async (kase, context) =>
  only(await context.run(k.expand, { x: input(kase, context) }, { shape: list(kase, "newShape") ?? numbers(kase, 1, "shape")! }));

/** No kernel: a reshaped tensor is the same memory. It is sent through the device all the same. */
const webnnReshape: Operator = async (kase, context) => {
  const x = input(kase, context);
  const wanted = (kase.attributes["newShape"] as (number | null)[]).map((size) => size ?? -1);
  return only(await context.run(k.slice, { x: reshape(x, wanted) }, {}));
};

const COORDINATES: Readonly<Record<string, k.Coordinates>> = {
  half_pixel: "halfPixel",
  align_corners: "alignCorners",
  asymmetric: "asymmetric",
  pytorch_half_pixel: "pytorchHalfPixel",
};
const NEAREST: Readonly<Record<string, k.ResizeOptions["nearest"]>> = {
  round_prefer_floor: "roundPreferFloor",
  round_prefer_ceil: "roundPreferCeil",
  floor: "floor",
  ceil: "ceil",
};

const onnxResize: Operator = async (kase, context) => {
  const x = input(kase, context);
  const rank = x.shape.length;
  const {
    mode = "nearest",
    coordinate_transformation_mode: coordinates = "half_pixel",
    nearest_mode: nearest = "round_prefer_floor",
    keep_aspect_ratio_policy: keep = "stretch",
  } = kase.attributes as Record<string, string>;
  if (mode === "cubic") throw new Unsupported("cubic interpolation is not built");
  if (!COORDINATES[coordinates]) throw new Unsupported(`${coordinates} is not built`);
  const axes = (list(kase, "axes") ?? x.shape.map((_, d) => d)).map((d) => (d < 0 ? d + rank : d));
  let scales = numbers(kase, 2, "scales");
  let sizes = scales ? undefined : numbers(kase, 3, "sizes");
  if (sizes && keep !== "stretch") {
    const each = sizes.map((size, i) => size / x.shape[axes[i]!]!);
    const scale = keep === "not_larger" ? Math.min(...each) : Math.max(...each);
    sizes = axes.map((d) => Math.round(scale * x.shape[d]! + 1e-9));
    scales = undefined;
  }
  // Axes that keep their size are left alone.
  const turned = axes.map((d, i) => [d, i] as const).filter(([d, i]) => (scales ? scales[i] !== 1 : sizes![i] !== x.shape[d]));
  const along = turned.length > 0 ? turned : [[rank - 1, axes.indexOf(rank - 1)] as const];
  const pick = (values: number[] | undefined) => values && along.map(([, i]) => values[i]!);
  return only(
    await context.run(
      k.resize,
      { x },
      {
        axes: along.map(([d]) => d),
        scales: pick(scales),
        sizes: pick(sizes),
        mode: mode as "nearest",
        coordinates: COORDINATES[coordinates],
        nearest: NEAREST[nearest],
      },
    ),
  );
};
const webnnResample: Operator = async (kase, context) => {
  const x = input(kase, context);
  const axes = list(kase, "axes") ?? [2, 3];
  const sizes = list(kase, "sizes");
  const scales = sizes ? undefined : (list(kase, "scales") ?? [1, 1]);
  return only(
    await context.run(
      k.resize,
      { x },
      { axes, sizes, scales, mode: kase.attributes["mode"] === "linear" ? "linear" : "nearest" },
    ),
  );
};
const tfjsResize: Operator = async (kase, context) => {
  const x = argument(kase, context, 0, "images");
  const { alignCorners, halfPixelCenters } = kase.attributes;
  const coordinates = alignCorners ? "alignCorners" : halfPixelCenters ? "halfPixel" : "asymmetric";
  return only(await context.run(k.resize, { x }, { axes: [-3, -2], sizes: list(kase, "size")!, mode: "linear", coordinates }));
};

export const movement: Readonly<Record<string, Operator>> = {
  "onnx/Concat": concat,
  "onnx/DepthToSpace": blocks(k.depthToSpace),
  "onnx/Expand": expand,
  "onnx/Gather": gather,
  "onnx/GatherElements": gatherElements,
  "onnx/GatherND": gatherND,
  "onnx/Pad": onnxPad,
  "onnx/Resize": onnxResize,
  "onnx/Slice": onnxSlice,
  "onnx/SpaceToDepth": blocks(k.spaceToDepth),
  "onnx/Split": split,
  "onnx/Tile": tile,
  "onnx/Transpose": transpose,
  "onnx/Trilu": onnxTrilu,
  "webnn/concat": concat,
  "webnn/expand": expand,
  "webnn/gather": gather,
  "webnn/gatherElements": gatherElements,
  "webnn/gatherND": gatherND,
  "webnn/pad": webnnPad,
  "webnn/resample2d": webnnResample,
  "webnn/reshape": webnnReshape,
  "webnn/slice": webnnSlice,
  "webnn/split": split,
  "webnn/tile": tile,
  "webnn/transpose": transpose,
  "webnn/triangular": webnnTriangular,
  "tfjs/concat": concat,
  "tfjs/concat1d": concat,
  "tfjs/concat2d": concat,
  "tfjs/concat3d": concat,
  "tfjs/gather": gather,
  "tfjs/gatherND": gatherND,
  "tfjs/image.resizeBilinear": tfjsResize,
  "tfjs/mirrorPad": tfjsPad,
  "tfjs/oneHot": oneHot,
  "tfjs/pad": tfjsPad,
  "tfjs/slice": tfjsSlice,
  "tfjs/slice1d": tfjsSlice,
  "tfjs/slice2d": tfjsSlice,
  "tfjs/slice3d": tfjsSlice,
  "tfjs/slice4d": tfjsSlice,
  "tfjs/split": split,
  "tfjs/stack": stack,
  "tfjs/tile": tile,
  "tfjs/transpose": transpose,
};
export { countOf };
