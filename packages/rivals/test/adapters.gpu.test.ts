// Each rival on small calls of every form that is written down for it: a mistake of ours must not pass for theirs.

import { attentionSuite } from "@tilewright/kernels-attention/cases";
import { convSuite, maxPoolSuite } from "@tilewright/kernels-conv/cases";
import type { MatmulOptions } from "@tilewright/kernels-matmul";
import { matmulSuite } from "@tilewright/kernels-matmul/cases";
import { softmaxSuite } from "@tilewright/kernels-reduction/cases";
import { gruSuite, lstmSuite } from "@tilewright/kernels-rnn/cases";
import { decode, type HostTensor, type TensorType } from "@tilewright/runtime";
import { type AnyKernel, errorOf, fill, type KernelCase } from "@tilewright/runtime/cases";
import { expected } from "@tilewright/testing";
import { lane } from "@tilewright/testing/gpu";
import { beforeAll, describe, expect, test } from "vitest";
import { type Contestant, starts, type Task, Unable } from "../src/index.ts";

const asked = lane === "node" && Boolean(process.env["TILEWRIGHT_RIVALS"]);
const REASON =
  "half a minute of the rivals' own compiling: set TILEWRIGHT_RIVALS=1 (Node lane; `pnpm bench --rivals` runs them in Chrome too)";

const call = <Options extends object = MatmulOptions>(
  keys: string,
  shapes: Record<string, number[]>,
  options: Options = {} as Options,
): [string, KernelCase] => [
  keys,
  {
    dtype: "f32",
    keys: {},
    options,
    constant: ["b", "bias", "w", "r", "rBias"],
    inputs: () =>
      Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, fill("uniform", shape, "f32", i + 1)])),
  },
];

const calls = [
  call("plain", { a: [5, 8], b: [8, 12] }),
  call("transposed", { a: [8, 5], b: [12, 8] }, { transA: true, transB: true }),
  call("bias and relu", { a: [5, 8], b: [8, 12], bias: [12] }, { activation: "relu" }),
  call("bias and tanh", { a: [5, 8], b: [8, 12], bias: [12] }, { activation: "tanh" }),
  call("silu", { a: [5, 8], b: [8, 12] }, { activation: "silu" }),
  call("gelu-tanh", { a: [5, 8], b: [8, 12] }, { activation: "gelu-tanh" }),
  call("gelu-erf", { a: [5, 8], b: [8, 12] }, { activation: "gelu-erf" }),
  call("alpha, residual and beta", { a: [5, 8], b: [8, 12], residual: [5, 12] }, { alpha: 0.5, beta: -2 }),
  call("batch", { a: [3, 5, 8], b: [3, 8, 12] }),
  call("batch, transposed, with bias", { a: [3, 5, 8], b: [3, 12, 8], bias: [12] }, { transB: true }),
  call("one b for a batch", { a: [2, 3, 5, 8], b: [8, 12] }),
] as const;

/** c and how far it may be off, by whatever defines the task. */
type Wanted = { readonly c: ArrayLike<number>; readonly bound: (i: number) => number };

async function outcome(rival: Contestant, task: Task, { c, bound }: Wanted): Promise<string> {
  try {
    const runnable = await rival.prepare(task);
    for (let i = 0; i < 2; i++) await runnable.run();
    await runnable.sync();
    const [got] = Object.values(await runnable.read());
    await runnable.dispose();
    if (got!.length !== c.length) return `${got!.length} elements of ${c.length}`;
    const at = Array.from(c).findIndex((want, i) => errorOf({ expected: want, got: got![i]!, bound: bound(i) }, "f32") > 1);
    return at < 0 ? "right" : `element ${at} is ${got![at]}, expected ${c[at]}`;
  } catch (error) {
    if (error instanceof Unable) return `unable: ${error.message}`;
    throw error;
  }
}

const attention = attentionSuite.kernel;
const conv = convSuite.kernel;
const maxPool = maxPoolSuite.kernel;
const lstm = lstmSuite.kernel;
const gru = gruSuite.kernel;

const others: readonly [AnyKernel, [string, KernelCase]][] = [
  [conv, call("nchw", { x: [2, 3, 7, 6], w: [5, 3, 3, 3] }, { padding: 1 })],
  [conv, call("nhwc with strides", { x: [2, 7, 6, 3], w: [3, 2, 3, 5] }, { layout: "nhwc", strides: [2, 1] })],
  [
    conv,
    call("nhwc with bias and relu", { x: [1, 5, 5, 4], w: [1, 1, 4, 8], bias: [8] }, { layout: "nhwc", activation: "relu" }),
  ],
  [conv, call("nchw with bias and relu", { x: [1, 4, 5, 5], w: [8, 4, 1, 1], bias: [8] }, { activation: "relu" })],
  [conv, call("depthwise nhwc", { x: [1, 6, 5, 4], w: [3, 3, 1, 4] }, { layout: "nhwc", groups: 4, padding: 1 })],
  [conv, call("depthwise nchw", { x: [1, 4, 6, 5], w: [4, 1, 3, 3] }, { groups: 4, padding: 1 })],
  [conv, call("groups", { x: [1, 6, 5, 4], w: [3, 3, 2, 8] }, { layout: "nhwc", groups: 2, padding: 1 })],
  [maxPool, call("nhwc", { x: [2, 6, 8, 3] }, { layout: "nhwc", kernel: 2, strides: 2 })],
  [maxPool, call("nchw", { x: [2, 3, 6, 8] }, { kernel: [3, 2], strides: [3, 2] })],
  [attention, call("plain", { q: [2, 3, 5, 8], k: [2, 3, 7, 8], v: [2, 3, 7, 8] }, {})],
  [lstm, call("plain", { x: [3, 2, 4], w: [12, 4], r: [12, 3] }, {})],
  [lstm, call("biases", { x: [3, 2, 4], w: [1, 12, 4], r: [1, 12, 3], bias: [1, 12], rBias: [1, 12] }, {})],
  [gru, call("biases", { x: [3, 2, 4], w: [9, 4], r: [9, 3], bias: [9], rBias: [9] }, {})],
  [attention, call("causal", { q: [1, 2, 6, 8], k: [1, 2, 6, 8], v: [1, 2, 6, 8] }, { causal: true })],
];

async function taskOf(kernel: AnyKernel, kase: KernelCase): Promise<[Task, Wanted]> {
  const { inputs, reference, bound } = await expected(kernel, kase);
  const { types } = kernel.problem(kase.inputs(), kase.options);
  const typed = Object.entries(inputs).map(([name, tensor]) => [name, { dtype: "f32", ...tensor }] as const);
  const given = Object.fromEntries(typed) as Record<string, HostTensor & TensorType>;
  const [out] = Object.keys(types).filter((name) => !(name in given));
  const task = {
    kernel: kernel.name,
    inputs: given,
    outputs: { [out!]: types[out!]! },
    options: kase.options,
    constant: kase.constant ?? [],
  };
  return [task, { c: reference[out!]!, bound: (i) => bound[out!]![i]! }];
}

const libraries = starts([]).filter(({ name }) => !name.startsWith("Tilewright"));
describe.each(libraries)("$name", ({ name, load }) => {
  let rival: Contestant;
  beforeAll(async () => {
    if (!asked) return;
    (await import("../src/node.ts")).likeAPage();
    rival = await load();
  });

  const UNABLE: Readonly<Record<string, string>> = {
    "tfjs gelu-tanh": "unable: gelu-tanh is not written down for tfjs",
    "tfjs gelu-erf": "unable: gelu-erf is not written down for tfjs",
    "tfjs conv depthwise nchw": "unable: tfjs convolves channels alone in NHWC only",
    "tfjs conv groups": "unable: tfjs has no groups of several channels",
    "tfjs gru biases": "unable: tfjs has no gru here",
    "jax-js gru biases": "unable: jax-js has no gru here",
    "tfjs maxPool nchw": "unable: tfjs pools NHWC only",
  };
  test.for([...calls])("matmul, %s", async ([title, kase], context) => {
    if (!asked) context.skip(REASON);
    expect(await outcome(rival, ...(await taskOf(matmulSuite.kernel, kase)))).toBe(UNABLE[`${name} ${title}`] ?? "right");
  });

  test.for(others.map(([kernel, [title, kase]]) => [`${kernel.name} ${title}`, kernel, kase] as const))(
    "%s",
    async ([title, kernel, kase], context) => {
      if (!asked) context.skip(REASON);
      expect(await outcome(rival, ...(await taskOf(kernel, kase)))).toBe(UNABLE[`${name} ${title}`] ?? "right");
    },
  );

  test("matmulQuantized: 4-bit weights, low nibble first, zero point 8, a scale for each group", async (context) => {
    if (!asked) context.skip(REASON);
    const [m, n, k, group] = [3, 8, 64, 32];
    const a = fill("uniform", [m, k], "f32", 1);
    const weights = {
      data: Uint32Array.from({ length: (n * k) / 8 }, (_, i) => Math.imul(i + 1, 0x9e3779b1)),
      dtype: "u32" as const,
    };
    const scales = fill("positive", [n, k / group], "f32", 2);
    const [x, s] = [decode(a), decode(scales)];
    const c = Array.from({ length: m * n }, (_, at) => {
      const [row, column] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let i = 0; i < k; i++) {
        const word = weights.data[(column * k + i) >> 3]!;
        const nibble = (word >>> (4 * (i % 8))) & 15;
        sum += x[row * k + i]! * (nibble - 8) * s[column * (k / group) + Math.floor(i / group)]!;
      }
      return sum;
    });
    const task: Task = {
      kernel: "matmulQuantized",
      inputs: {
        a: { ...a, dtype: "f32" },
        weights: { ...weights, shape: [n, k / 8] },
        scales: { ...scales, dtype: "f32" },
      },
      outputs: { c: { shape: [m, n], dtype: "f32" } },
      options: { bits: 4, group },
      constant: ["weights", "scales"],
    };
    const most = k * 8 * 2 ** -23 * k; // k terms of at most 8, each sum rounded
    expect(await outcome(rival, task, { c, bound: () => most })).toBe(
      name === "tfjs" ? "unable: tfjs has no matmulQuantized here" : "right",
    );
  });

  test("softmax and layerNorm", async (context) => {
    if (!asked) context.skip(REASON);
    const [rows, columns] = [4, 12];
    const tensors = { x: fill("uniform", [rows, columns], "f32", 1), gamma: fill("positive", [columns], "f32", 2) };
    const [x, gamma, beta] = [decode(tensors.x), decode(tensors.gamma), decode(fill("uniform", [columns], "f32", 3))];
    const perRow = (f: (row: number[]) => number[]) =>
      Array.from({ length: rows }, (_, r) => f(Array.from(x).slice(r * columns, (r + 1) * columns))).flat();
    const softmax = perRow((row) => {
      const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
      return row.map((v) => Math.exp(v) / total);
    });
    const layerNorm = perRow((row) => {
      const mean = row.reduce((sum, v) => sum + v, 0) / columns;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / columns;
      return row.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * gamma[i]! + beta[i]!);
    });
    const typed = (tensor: HostTensor) => ({ ...tensor, dtype: "f32" as const });
    const type = { shape: [rows, columns], dtype: "f32" as const };
    const task = (kernel: string, inputs: Record<string, HostTensor>): Task => ({
      kernel,
      inputs: Object.fromEntries(Object.entries(inputs).map(([key, one]) => [key, typed(one)])),
      outputs: { y: type },
      options: {},
      constant: ["gamma", "beta"],
    });
    const near = (c: number[]): Wanted => ({ c, bound: () => 1e-5 }); // a handful of f32 roundings of numbers below 4
    expect(await outcome(rival, task("softmax", { x: tensors.x }), near(softmax))).toBe("right");
    const given = { ...tensors, beta: fill("uniform", [columns], "f32", 3) };
    expect(await outcome(rival, task("layerNorm", given), near(layerNorm))).toBe("right");
  });
});

test("attention composed of matmul and softmax is attention", async () => {
  if (lane === "node") (await import("../src/node.ts")).likeAPage();
  const ours = [matmulSuite, softmaxSuite].map(({ kernel }) => kernel);
  const composed = await starts(ours)
    .find(({ only }) => only === "attention")!
    .load();
  const mine = others.filter(([kernel]) => kernel === attention);
  expect(mine.length).toBeGreaterThan(1);
  for (const [kernel, [title, kase]] of mine)
    expect(await outcome(composed, ...(await taskOf(kernel, kase))), title).toBe("right");
  await composed.close();
});
