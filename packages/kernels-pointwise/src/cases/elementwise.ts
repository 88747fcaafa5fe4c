// What proves the elementwise kernels: hard numbers in every type through every operation, and every kind of broadcasting through some.
import { type DType, encode, type HostTensor } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import * as activations from "../activation.ts";
import * as binaries from "../binary.ts";
import type { Elementwise } from "../elementwise.ts";
import { of, pointwise } from "../pointwise.ts";
import * as unaries from "../unary.ts";
import { hard, kase, repeat, type Shape, showDims, spread, suite, TYPES } from "./data.ts";

/** An elementwise kernel, whatever its inputs and numbers are called. */
type Any = Pick<Elementwise<"x", never>, "name" | "expression"> & { readonly inputs: readonly string[] };

const typesOf = (kernel: Any): readonly DType[] => (kernel.expression.op.ints ? TYPES : ["f32", "f16"]);

const takes = (names: string) => (kernel: Any) => kernel.inputs.join() === names;

/** Operations that tell a negative number from 0, divisors, and factors of infinity: of denormal numbers, which may be 0, nothing can be said. */
const NO_DENORMALS = ["sqrt", "rsqrt", "log", "pow", "mul", "div", "mod", "fmod", "swiglu"];
const numbers = ({ name }: Any, dtype: DType) =>
  hard(dtype).map((x) =>
    NO_DENORMALS.includes(name) && x !== 0 && Math.abs(x) < (dtype === "f16" ? 2 ** -14 : 2 ** -126) ? 1.25 : x,
  );

/** Hard numbers in rows of four, and in a ragged shape of a shape's own. */
function one(kernel: Any, options: readonly object[] = []): KernelCase[] {
  return typesOf(kernel).flatMap((dtype) => {
    const values = numbers(kernel, dtype);
    const rows = [values.length / 4 - (values.length % 4) / 4, 4];
    return [
      kase(dtype, { data: "hard", shape: showDims(rows) }, () => ({ x: repeat(values, rows, dtype) })),
      kase(dtype, { data: "hard", shape: showDims([values.length - 1]) }, () => ({
        x: repeat(values.slice(1), [values.length - 1], dtype),
      })),
      kase(dtype, { shape: "3x5x7" }, () => ({ x: spread([3, 5, 7], dtype, 1) })),
      ...options.map((given) => kase(dtype, { shape: "8x8" }, () => ({ x: spread([8, 8], dtype, 2) }), given)),
    ];
  });
}

const shapes = (dtype: DType, list: readonly Shape[]): KernelCase[] =>
  list.map((shape) => kase(dtype, { shape: showDims(shape) }, () => ({ x: spread(shape, dtype, 3) })));

const copied = (n: number, dtype: DType): KernelCase => kase(dtype, { n }, () => ({ x: spread([n], dtype, 4) }));

const OPTIONS: Readonly<Record<string, readonly object[]>> = {
  leakyRelu: [{ alpha: 0.3 }],
  thresholdedRelu: [{ alpha: -0.5 }],
  elu: [{ alpha: 2 }],
  celu: [{ alpha: 0.7 }],
  selu: [{ alpha: 1.5, gamma: 2 }],
  swish: [{ alpha: 1.702 }],
  hardSigmoid: [{ alpha: 0.5, beta: 0.6 }],
};

const unarySuites = [...Object.values(unaries), ...Object.values(activations), binaries.clip, binaries.linear]
  .filter(takes("x"))
  .map((kernel) => {
    const more =
      kernel.name === "relu"
        ? [
            ...shapes("f32", [[], [1], [0], [2, 0, 3], [1, 2, 1, 3, 1, 4], [1030]]),
            ...shapes("f16", [[], [3], [1], [65, 3]]),
            kase("f32", { shape: "6x4" }, () => ({ x: spread([6, 4], "f32", 3) }), { dtype: "f16" }),
            kase("f16", { shape: "5" }, () => ({ x: spread([5], "f16", 3) }), { dtype: "f32" }),
          ]
        : [];
    const sizes = {
      relu: [copied(2 ** 22, "f32"), copied(2 ** 22, "f16")],
      gelu: [copied(2 ** 20, "f32")],
      tanh: [copied(2 ** 20, "f32")],
    };
    if (kernel.name === "clip") return suite(kernel, clipCases(kernel), []);
    return suite(kernel, [...one(kernel, OPTIONS[kernel.name]), ...more], sizes[kernel.name as "relu"]);
  });

function clipCases(kernel: Any): KernelCase[] {
  return one(kernel).flatMap((each) => {
    const bounds = each.dtype[0] === "f" ? [{ min: -1.5, max: 2 }, { min: 1 }] : [{ min: -2, max: 9 }, { min: 1 }];
    return bounds.map((options) => ({ ...each, options, keys: { ...each.keys, ...options } }));
  });
}

/** Where silu is no denormal number: flushed to zero, an infinity would make it NaN. */
const smooth = (values: readonly number[]) => values.map((x) => (x < -80 || Math.abs(x) < 1e-7 ? 1 : x));

/** Exponents of integers are not negative. */
const exponents = (t: HostTensor): HostTensor => ({
  ...t,
  data: encode(
    Float64Array.from(t.data as ArrayLike<number>, (x) => Math.abs(x % 128)),
    t.dtype!,
  ),
});

/** Every hard number with every other: rows of four, and ragged. */
function two(kernel: Any): KernelCase[] {
  return typesOf(kernel).flatMap((dtype) => {
    const values = numbers(kernel, dtype);
    const n = values.length - (values.length % 4);
    const first = kernel.name === "swiglu" ? smooth(values) : values;
    const second = kernel.name === "pow" && dtype[0] !== "f" ? exponents : (t: HostTensor) => t;
    return [
      kase(dtype, { data: "hard", shape: `${n}x1·${n}` }, () => ({
        a: repeat(first, [n, 1], dtype),
        b: second(repeat(values, [n], dtype)),
      })),
      kase(dtype, { shape: "3x5x7" }, () => ({ a: spread([3, 5, 7], dtype, 1), b: second(spread([3, 5, 7], dtype, 2)) })),
    ];
  });
}

/** Pairs of shapes that broadcast every way, and ranks up to six. */
const PAIRS: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[7], []],
  [[8, 12], [12]],
  [
    [8, 12],
    [8, 1],
  ],
  [[1], [2, 8]],
  [
    [3, 1, 4],
    [5, 1],
  ],
  [
    [2, 1, 4, 1],
    [3, 1, 8],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 5],
  ],
  [[0, 4], [4]],
  [
    [1, 4],
    [0, 1],
  ],
  [
    [2, 1, 3, 1, 2, 1],
    [1, 3, 1, 2, 1, 3],
  ],
  [
    [2, 1, 3, 1, 2, 4],
    [2, 2, 3, 2, 2, 4],
  ],
];

const broadcasts = (dtype: DType): KernelCase[] =>
  PAIRS.map(([a, b]) =>
    kase(dtype, { shape: `${showDims(a)}·${showDims(b)}` }, () => ({ a: spread(a, dtype, 1), b: spread(b, dtype, 2) })),
  );

const pair = (a: Shape, b: Shape, dtype: DType = "f32") =>
  kase(dtype, { shape: `${showDims(a)}·${showDims(b)}` }, () => ({ a: spread(a, dtype, 1), b: spread(b, dtype, 2) }));

const binarySuites = [...Object.values(binaries), activations.swiglu].filter(takes("a,b")).map((kernel) => {
  const more =
    kernel.name === "add"
      ? [
          ...broadcasts("f32"),
          ...broadcasts("f16"),
          kase("f32·f16", { shape: "4x8·8" }, () => ({ a: spread([4, 8], "f32", 1), b: spread([8], "f16", 2) })),
          kase("f16·f32", { shape: "8·1" }, () => ({ a: spread([8], "f16", 1), b: spread([1], "f32", 2) }), { dtype: "f32" }),
        ]
      : [];
  const n = 2 ** 20;
  const sizes =
    kernel.name === "add"
      ? [pair([n], [n]), pair([1024, 1024], [1024]), pair([1024, 1024], [1024, 1]), pair([n], [n], "f16")]
      : [];
  return suite(kernel, [...two(kernel), ...more], sizes);
});

const slopes = suite(activations.prelu, [
  ...(["f32", "f16"] as const).flatMap((dtype) => [
    kase(dtype, { data: "hard", shape: "68·1" }, () => ({ x: repeat(hard(dtype), [68], dtype), slope: spread([1], dtype, 2) })),
    kase(dtype, { shape: "2x3x5·3x1" }, () => ({ x: spread([2, 3, 5], dtype, 1), slope: spread([3, 1], dtype, 2) })),
  ]),
]);

const choices = suite(binaries.where, [
  ...TYPES.flatMap((dtype) => [
    kase(dtype, { data: "hard", shape: "20" }, () => ({
      condition: spread([20], "u32", 1, 1),
      a: repeat(hard(dtype), [20], dtype),
      b: spread([20], dtype, 2),
    })),
    kase(dtype, { data: "hard", shape: "3x1x5·3x1·1" }, () => ({
      condition: spread([3, 1, 5], "u32", 1, 1),
      a: repeat(hard(dtype).slice(-20), [3, 1], dtype),
      b: spread([1], dtype, 2),
    })),
  ]),
]);

/** layer scale + bias + gelu + residual: a chain with a number of its own, a shared subexpression and a constant. */
export const chain: Elementwise<"x" | "bias" | "residual", "scale"> = pointwise(
  "chain",
  ["x", "bias", "residual"],
  ({ x, bias, residual }, { scale }) => {
    const sum = of(binaries.add, x, bias);
    const gate = of(activations.leakyRelu, of(unaries.tanh, sum), { alpha: 0.2 });
    const inside = of(binaries.less, of(unaries.abs, sum), 2);
    return of(binaries.add, residual, of(binaries.where, inside, of(binaries.mul, gate, scale), of(activations.gelu, sum)));
  },
  { scale: 0.5 },
);

const chains = suite(
  chain,
  (["f32", "f16"] as const).flatMap((dtype) => [
    ...(
      [
        [[6, 8], [8], [6, 1]],
        [[2, 3, 5], [5], []],
        [
          [1, 3],
          [4, 1],
          [2, 1, 1],
        ],
        [[0, 4], [4], [4]],
      ] as const
    ).map(([x, bias, residual]) =>
      kase(dtype, { shape: [x, bias, residual].map(showDims).join("·") }, () => ({
        x: spread(x, dtype, 1),
        bias: spread(bias, dtype, 2),
        residual: spread(residual, dtype, 3),
      })),
    ),
    kase(
      dtype,
      { data: "hard", shape: "68·1·1" },
      () => ({ x: repeat(hard(dtype), [68], dtype), bias: spread([1], dtype, 2), residual: spread([1], dtype, 3) }),
      { scale: -2 },
    ),
  ]),
  [
    kase("f32", { shape: "1024x1024·1024·1024x1024" }, () => ({
      x: spread([1024, 1024], "f32", 1),
      bias: spread([1024], "f32", 2),
      residual: spread([1024, 1024], "f32", 3),
    })),
  ],
);

export const elementwiseSuites: readonly Suite[] = [...unarySuites, ...binarySuites, slopes, choices, chains];
