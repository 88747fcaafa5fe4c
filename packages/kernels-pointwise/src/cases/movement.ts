// What proves the kernels that move: every type, ranks 0 to 6, empty dimensions, rows of four and ragged ones.
import type { DType, HostTensor } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { depthToSpace, spaceToDepth } from "../blocks.ts";
import { concat, split } from "../concat.ts";
import { gather, gatherElements, gatherND } from "../gather.ts";
import { tril, triu } from "../made.ts";
import { expand, flip, slice } from "../slice.ts";
import { pad, tile } from "../tile.ts";
import { transpose } from "../transpose.ts";
import { type Call, kase, type Shape, showDims, spread, suite, TYPES } from "./data.ts";

const big = (dtype: DType, shape: Shape, options?: object) =>
  kase(dtype, { shape: showDims(shape) }, () => ({ x: spread(shape, dtype, 5, 1000) }), options);

/** Calls over x alone: all of them in f32, the first `others` of them in every other type. */
const moves = (kernel: unknown, calls: readonly Call[], others = 3, sizes: readonly KernelCase[] = []): Suite =>
  suite(
    kernel,
    [
      ...calls.map(([shape, options]) => big("f32", shape, options)),
      ...(["f16", "i32", "u32", "i8", "u8"] as const).flatMap((dtype) =>
        calls.slice(0, others).map(([shape, options]) => big(dtype, shape, options)),
      ),
    ],
    sizes,
  );

const views = [
  moves(
    transpose,
    [
      [[5, 7]],
      [[3, 8, 4], { axes: [1, 0, 2] }],
      [[8, 12]],
      [[2, 3, 5], { axes: [2, 0, 1] }],
      [[]],
      [[7]],
      [[0, 3]],
      [[2, 3, 4, 5], { axes: [0, 2, 1, 3] }],
      [[2, 8, 3, 12], { axes: [3, 0, 2, 1] }],
      [[3, 4, 8], { axes: [0, 2, 1] }],
      [[2, 3, 2, 3, 2, 3], { axes: [5, 3, 1, 4, 2, 0] }],
    ],
    3,
    [big("f32", [1024, 1024]), big("f32", [16, 128, 8, 64], { axes: [0, 2, 1, 3] }), big("f16", [1024, 1024])],
  ),
  moves(
    slice,
    [
      [[5, 7], { starts: [1, 2], ends: [4, 7] }],
      [[6, 8], { starts: [-1], ends: [0], steps: [-2], axes: [0] }],
      [[10], { starts: [1], ends: [100], steps: [3] }],
      [[6, 8], { starts: [2], ends: [5] }],
      [[6, 8], { starts: [4], axes: [1] }],
      [[4, 5], { starts: [3], ends: [1] }],
      [[2, 3, 4, 5, 6, 3], { starts: [0, 1, 1, 1, 1, 0], ends: [2, 3, 4, 5, 6, 3], steps: [1, 1, 2, 1, 3, 2] }],
    ],
    3,
    [big("f32", [1024, 1024], { starts: [0, 256], ends: [1024, 768] })],
  ),
  moves(flip, [[[5, 3]], [[4, 8], { axes: [0] }], [[3, 4, 2], { axes: [0, 2] }], [[]]]),
  moves(
    expand,
    [
      [[3, 1], { shape: [3, 5] }],
      [[1, 8], { shape: [5, 8] }],
      [[4, 1], { shape: [2, 4, 12] }],
      [[], { shape: [2, 3] }],
      [[2, 1, 3, 1, 2, 1], { shape: [2, 2, 3, 2, 2, 2] }],
      [[1], { shape: [0] }],
      [[1], { shape: [8] }],
    ],
    3,
    [big("f32", [1024], { shape: [1024, 1024] })],
  ),
  moves(depthToSpace, [
    [[2, 12, 2, 3], { block: 2 }],
    [[1, 4, 3, 16], { block: 2, layout: "nhwc" }],
    [[2, 12, 2, 3], { block: 2, order: "crd" }],
    [[1, 2, 3, 18], { block: 3, layout: "nhwc", order: "crd" }],
  ]),
  moves(spaceToDepth, [
    [[2, 3, 4, 6], { block: 2 }],
    [[1, 4, 6, 4], { block: 2, layout: "nhwc" }],
    [[2, 3, 4, 6], { block: 2, order: "crd" }],
    [[1, 6, 3, 2], { block: 3, layout: "nhwc", order: "crd" }],
  ]),
  moves(tile, [
    [[3], { repeats: [2] }],
    [[2, 4], { repeats: [3, 2] }],
    [[2, 3], { repeats: [2, 1, 2] }],
    [[2, 3, 4], { repeats: [1, 2, 1] }],
    [[], { repeats: [3] }],
    [[2, 3], { repeats: [0, 1] }],
    [[2, 1, 2, 3, 1, 2], { repeats: [2, 2, 1, 2, 3, 2] }],
  ]),
  moves(
    pad,
    [
      [[3, 5], { begin: [1, 2], end: [0, 3], value: 7 }],
      [[2, 8], { begin: [1, 4], end: [1, 4], value: -2 }],
      [[4, 5], { begin: [2, 3], end: [1, 4], mode: "reflect" }],
      [[4, 5], { begin: [2, 3], end: [1, 7], mode: "edge" }],
      [[2, 3], { begin: [5, 3], end: [1, 8], mode: "wrap" }],
      [[2, 3], { begin: [3, 0], end: [1, 8], mode: "symmetric" }],
      [[3, 4, 8], { begin: [1, 1, 0], end: [1, 0, 0], mode: "reflect" }],
      [[1, 3], { begin: [2, 0], end: [2, 0], mode: "reflect" }],
      [[5, 6], { begin: [-1, 0], end: [0, -2] }],
      [[0, 3], { begin: [2, 1], end: [1, 0], value: 3 }],
      [[], { begin: [], end: [] }],
      [[2, 2, 1, 2, 2, 3], { begin: [1, 0, 0, 1, 0, 1], end: [0, 0, 0, 1, 1, 0] }],
    ],
    3,
    [big("f32", [16, 254, 256], { begin: [0, 1, 0], end: [0, 1, 0] })],
  ),
  moves(triu, [[[4, 5]], [[3, 8], { diagonal: 1 }], [[2, 3, 3], { diagonal: -1 }], [[0, 4]], [[3, 3], { diagonal: -7 }]]),
  moves(tril, [[[4, 5]], [[3, 8], { diagonal: 1 }], [[2, 3, 3], { diagonal: -1 }]]),
];

/** Calls over x and indices below `most`, some of them from the end. */
const picks = (
  kernel: unknown,
  calls: readonly (readonly [x: Shape, indices: Shape, most: number, options?: object])[],
  sizes: readonly KernelCase[] = [],
): Suite =>
  suite(
    kernel,
    TYPES.flatMap((dtype, t) =>
      calls
        .slice(0, t ? 2 : calls.length)
        .flatMap(([x, indices, most, options]) =>
          kase(
            dtype,
            { shape: `${showDims(x)}·${showDims(indices)}` },
            () => ({ x: spread(x, dtype, 1, 100), indices: spread(indices, t % 2 ? "u32" : "i32", 2, most) }),
            options,
          ),
        ),
    ),
    sizes,
  );

const gathers = [
  picks(
    gather,
    [
      [[5, 7], [3], 4],
      [[6, 8], [2, 3], 5],
      [[4, 5, 3], [2], 4, { axis: 1 }],
      [[4, 5, 8], [], 4, { axis: 1 }],
      [[2, 5, 4], [2, 3], 4, { axis: 1, batchDims: 1 }],
      [[2, 3, 5], [2, 2], 9, { axis: -1, batchDims: 1 }],
      [[5], [0], 4],
      [[3, 0], [2], 2],
    ],
    [
      kase("f32", { shape: "32000x256·2048" }, () => ({
        x: spread([32000, 256], "f32", 1),
        indices: spread([2048], "u32", 2, 31999),
      })),
    ],
  ),
  picks(gatherElements, [
    [[4, 3], [2, 3], 3],
    [[4, 8], [4, 5], 7, { axis: 1 }],
    [[3, 4, 5], [3, 2, 5], 3, { axis: 1 }],
    [[7], [3], 6],
    [[2, 3, 2, 3, 2, 3], [2, 3, 2, 5, 1, 3], 2, { axis: 3 }],
  ]),
  picks(gatherND, [
    [[4, 5], [3, 2], 3],
    [[4, 5, 8], [2, 3, 2], 3],
    [[6], [4, 1], 5],
    [[2, 3, 4], [2, 1], 2, { batchDims: 1 }],
    [[2, 2, 2, 2, 2, 2], [3, 6], 1],
  ]),
];

const joins = [
  suite(
    concat,
    TYPES.flatMap((dtype, t) =>
      (
        [
          [
            [2, 3],
            [4, 3],
          ],
          [
            [2, 4],
            [2, 8],
            [2, 12],
          ],
          [
            [2, 1, 3],
            [2, 5, 3],
            [2, 0, 3],
            [2, 2, 3],
          ],
          [[3], [1], [2], [5], [4], [1], [7]],
          [
            [0, 2],
            [0, 2],
          ],
          [[5]],
        ] as Shape[][]
      )
        .slice(0, t ? 3 : 6)
        .map((shapes, k) =>
          kase(
            dtype,
            { shapes: shapes.map(showDims).join("·") },
            () =>
              Object.fromEntries(shapes.map((shape, i) => [`x${i}`, spread(shape, dtype, i, 100)])) as Record<string, HostTensor>,
            { axis: k === 1 || k === 2 ? 1 : 0 },
          ),
        ),
    ),
    [
      kase(
        "f32",
        { shapes: "1024x512·1024x512" },
        () => ({ x0: spread([1024, 512], "f32", 1), x1: spread([1024, 512], "f32", 2) }),
        { axis: 1 },
      ),
    ],
  ),
  moves(split, [
    [[7, 3], { parts: [2, 4, 1] }],
    [[2, 24], { parts: [4, 8, 12], axis: 1 }],
    [[3, 7], { parts: [2, 0, 1, 3, 1], axis: 1 }],
    [[6], { parts: 3 }],
    [[3, 4, 6], { parts: 2, axis: -1 }],
    [[0, 4], { parts: 2, axis: 1 }],
    [[28], { parts: 7 }],
  ]),
];

export const movementSuites: readonly Suite[] = [...views, ...gathers, ...joins];
