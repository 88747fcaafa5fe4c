// jax-js on WebGPU, which makes its own device: each task is one jitted function, weights are arguments of it.
import * as jax from "@jax-js/jax";
import { toKeras } from "@tilewright/kernels-rnn";
import { encode, fromF16, type HostTensor, type TensorType } from "@tilewright/runtime";
import {
  byKernel,
  type Contestant,
  heads,
  image,
  layer,
  type MatmulOptions,
  onlyOutput,
  permuted,
  type Runnable,
  type Task,
  typed,
  Unable,
  waitFor,
} from "./contestant.ts";

const { lax, numpy: np, nn } = jax;
type Given = Readonly<Record<string, jax.Array>>;

let loaded: Promise<Contestant> | undefined; // the library has one device for all of a page: it stays open

export const load = (version: string): Promise<Contestant> => (loaded ??= open(version));

async function open(version: string): Promise<Contestant> {
  const ready = await jax.init("webgpu");
  if (!ready.includes("webgpu")) throw new Error(`jax.init has no webgpu, only ${ready.join(", ")}`);
  jax.defaultDevice("webgpu");
  const device = jax.getWebGPUDevice();

  function put({ data, shape, dtype }: HostTensor & TensorType): jax.Array {
    if (dtype === "i8" || dtype === "u8") throw new Unable(`jax-js has no ${dtype}`);
    const dtypes = { f32: np.float32, f16: np.float16, i32: np.int32, u32: np.uint32 };
    if (dtype === "f16" && !device.features.has("shader-f16")) throw new Unable("jax-js needs shader-f16 for f16");
    const values = data instanceof Uint16Array ? encode(Array.from(data, fromF16), "f16") : data;
    return np.array(values as Float32Array<ArrayBuffer>, { shape: [...shape], dtype: dtypes[dtype] });
  }

  /** A task as one jitted expression. An array used twice is used once by `.ref`. */
  async function express(task: Task, op: (given: Given) => jax.Array, note?: string): Promise<Runnable> {
    const [output, type] = onlyOutput(task);
    const names = Object.keys(task.inputs);
    const given = names.map((name) => put(task.inputs[name]!));
    await jax.blockUntilReady(given);
    const jitted = jax.jit((...args: jax.Array[]) => {
      const made = op(Object.fromEntries(names.map((name, i) => [name, args[i]!])));
      return type.dtype === "f16" ? made.astype(np.float16) : made;
    });
    let last: jax.Array | undefined;
    return {
      note,
      async run() {
        last?.dispose();
        last = jitted(...given.map((one) => one.ref));
        await last.ref.gpuBuffer(); // hands it to the queue
      },
      sync: async () => waitFor(device, await last!.ref.gpuBuffer()),
      read: async () => ({ [output]: (await last!.ref.data()) as ArrayLike<number> }),
      dispose() {
        last?.dispose();
        for (const one of given) one.dispose();
        jitted.dispose();
      },
    };
  }

  const kernels = {
    async matmul(task: Task) {
      const { transA, transB, alpha = 1, beta = 1, activation } = task.options as MatmulOptions;
      const act = activation ? ACTIVATIONS[activation] : (x: jax.Array) => x;
      if (!act) throw new Unable(`${activation} is not written down for jax-js`);
      return express(task, ({ a, b, bias, residual }) => {
        let c = np.matmul(transA ? np.matrixTranspose(a!) : a!, transB ? np.matrixTranspose(b!) : b!);
        if (alpha !== 1) c = c.mul(alpha);
        if (bias) c = c.add(bias);
        if (residual) c = c.add(beta === 1 ? residual : residual.mul(beta));
        return act(c);
      });
    },
    /** jax-js has no 4-bit kernel: nibbles are taken apart in the same jitted function. */
    async matmulQuantized(task: Task) {
      const { a, weights, scales } = task.inputs;
      const { activation } = task.options as MatmulOptions;
      const act = activation ? ACTIVATIONS[activation] : (x: jax.Array) => x;
      if (!act) throw new Unable(`${activation} is not written down for jax-js`);
      const [k, n, groups] = [a!.shape.at(-1)!, weights!.shape[0]!, scales!.shape.at(-1)!];
      if (weights!.shape.at(-1)! * 8 !== k || k % groups !== 0) throw new Unable("written down for 4 bits and whole groups");
      const shifts = np.array(Uint32Array.of(0, 4, 8, 12, 16, 20, 24, 28), { shape: [1, 1, 8], dtype: np.uint32 });
      const low = np.array(Uint32Array.of(15), { shape: [1], dtype: np.uint32 });
      return express(
        task,
        ({ a: x, weights: packed, scales: factors, bias }) => {
          const nibbles = np.bitwiseAnd(np.rightShift(packed!.reshape([n, k / 8, 1]), shifts.ref), low.ref);
          const grouped = nibbles
            .astype(np.float32)
            .sub(8)
            .reshape([n, groups, k / groups]);
          const b = grouped.mul(factors!.astype(np.float32).reshape([n, groups, 1])).reshape([n, k]);
          const c = np.matmul(x!, np.matrixTranspose(b));
          return act(bias ? c.add(bias) : c);
        },
        "nibbles taken apart inside jit",
      );
    },
    async softmax(task: Task) {
      const { axis = -1 } = task.options as { axis?: number };
      return express(task, ({ x }) => nn.softmax(x!, axis));
    },
    async layerNorm(task: Task) {
      const { epsilon = 1e-5 } = task.options as { epsilon?: number };
      return express(
        task,
        ({ x, gamma, beta }) => {
          const normal = nn.standardize(x!, -1, { epsilon });
          const scaled = gamma ? normal.mul(gamma) : normal;
          return beta ? scaled.add(beta) : scaled;
        },
        "nn.standardize, mul, add",
      );
    },
    /** lax.conv is NCHW with filters [co, ci, kh, kw]. */
    async conv(task: Task) {
      const { last, strides, pad, groups, activation } = image(task);
      const act = activation ? ACTIVATIONS[activation] : (x: jax.Array) => x;
      if (!act) throw new Unable(`${activation} is not written down for jax-js`);
      const w = last ? permuted(task.inputs["w"]!, [3, 2, 0, 1]) : task.inputs["w"]!;
      const sides = pad.map((p): [number, number] => [p, p]);
      return express(
        { ...task, inputs: { ...task.inputs, w } },
        ({ x, w: filter, bias }) => {
          const from = last ? x!.transpose([0, 3, 1, 2]) : x!;
          let y = lax.convGeneralDilated(from, filter!, strides, sides, { featureGroupCount: groups });
          if (bias) y = y.add(bias.reshape([-1, 1, 1]));
          y = act(y);
          return last ? y.transpose([0, 2, 3, 1]) : y;
        },
        last ? "NHWC by transposes inside jit" : undefined,
      );
    },
    async maxPool(task: Task) {
      const { last, kernel, strides } = image(task);
      const all = ([h, w]: [number, number]) => (last ? [1, h, w, 1] : [1, 1, h, w]);
      return express(task, ({ x }) => lax.reduceWindow(x!, (y) => np.max(y), all(kernel), all(strides)));
    },
    /** Written out: one product for all inputs, then step by step. */
    async lstm(task: Task) {
      const { t, batch, inner, hidden, weights, rows } = layer(task);
      const { kernel, recurrentKernel, bias: given } = toKeras("lstm", weights);
      const inputs = {
        ...{ x: task.inputs["x"]!, w: typed(kernel), r: typed(recurrentKernel) },
        ...(given && { bias: typed({ ...given, shape: [given.data.length / (4 * hidden), 4 * hidden] }) }),
      };
      const runnable = await express(
        { ...rows, inputs },
        ({ x, w, r, bias }) => {
          let sums = np.matmul(x!.reshape([t * batch, inner]), w!);
          if (bias) sums = sums.add(np.sum(bias, 0));
          const steps = np.split(sums.reshape([t, batch, 4 * hidden]), t, 0);
          let [h, c] = [np.zeros([batch, hidden]), np.zeros([batch, hidden])];
          const all = steps.map((step) => {
            const gates = np.split(step.reshape([batch, 4 * hidden]).add(np.matmul(h, r!.ref)), 4, 1);
            const [i, f, g, o] = gates as [jax.Array, jax.Array, jax.Array, jax.Array];
            c = nn
              .sigmoid(f)
              .mul(c)
              .add(nn.sigmoid(i).mul(np.tanh(g)));
            h = nn.sigmoid(o).mul(np.tanh(c.ref));
            return h.ref;
          });
          h.dispose();
          c.dispose();
          r!.dispose();
          return np.stack(all);
        },
        "written out step by step inside jit",
      );
      return { ...runnable, gives: ["y"] };
    },
    /** nn.dotProductAttention takes [batch, rows, heads, head size]: given in that layout. */
    async attention(task: Task) {
      const { s, t } = heads(task);
      const { causal = false } = task.options as { causal?: boolean };
      if (causal && s !== t) throw new Unable("jax-js counts causal positions from the first key");
      const turned = ["q", "k", "v"].map((name) => [name, permuted(task.inputs[name]!, [0, 2, 1, 3])] as const);
      return express(
        { ...task, inputs: Object.fromEntries(turned) },
        ({ q, k, v }) => nn.dotProductAttention(q!, k!, v!, { isCausal: causal }).transpose([0, 2, 1, 3]),
        "nn.dotProductAttention, its result transposed",
      );
    },
  };
  return { name: "jax-js", version, prepare: byKernel("jax-js", kernels), close() {} };
}

const ACTIVATIONS: Readonly<Record<string, (x: jax.Array) => jax.Array>> = {
  relu: (x) => nn.relu(x),
  sigmoid: (x) => nn.sigmoid(x),
  tanh: (x) => np.tanh(x),
  silu: (x) => nn.silu(x),
  "gelu-tanh": (x) => nn.gelu(x, { approximate: true }),
  "gelu-erf": (x) => nn.gelu(x, { approximate: false }),
};
