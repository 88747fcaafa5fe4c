// ONNX Runtime Web's WebGPU execution provider, which makes its own device with the first session.
import { toOnnx } from "@tilewright/kernels-rnn";
import { decode, download, type HostTensor, memoryOf, type TensorType, upload } from "@tilewright/runtime";
import * as ort from "onnxruntime-web/webgpu";
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
import { type Attribute, type Node, type OnnxType, onnxModel } from "./onnx.ts";
import { activate, channelsFirst, MICROSOFT, type Named, node, operandsOf, show } from "./ort-nodes.ts";

const NAMES = {
  f32: "float32",
  f16: "float16",
  i32: "int32",
  u32: "uint32",
  u8: "uint8",
  i8: "int8",
  i64: "int64",
} as const satisfies Record<OnnxType, ort.Tensor.Type>;

export interface OrtWhere {
  /** Address of `ort-wasm-simd-threaded.asyncify.wasm`, where it does not lie beside the code. */
  readonly wasm?: string | undefined;
}

let loaded: Promise<Contestant> | undefined; // the library has one device for all of a page: it stays open

export const load = (where: OrtWhere = {}): Promise<Contestant> => (loaded ??= open(where));

async function open({ wasm }: OrtWhere): Promise<Contestant> {
  if (wasm) ort.env.wasm.wasmPaths = { wasm };
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const session = (model: Uint8Array) =>
    ort.InferenceSession.create(model, {
      executionProviders: ["webgpu"],
      preferredOutputLocation: "gpu-buffer",
      extra: { session: { disable_cpu_ep_fallback: "1" } }, // nothing may run on the CPU unseen
    });
  const type = { dtype: "f32", shape: [1] } as const;
  // The first session makes the device, and the last would take it along: this one is never released.
  await session(
    onnxModel({ nodes: [node("Identity", ["x"], "y")], inputs: { x: type }, initializers: {}, outputs: { y: type } }),
  );
  const device = (await ort.env.webgpu.device) as GPUDevice;

  /** A task as a graph whose last node writes its output; weights become initializers. */
  async function graph(task: Task, operands: Named, nodes: readonly Node[], note?: string): Promise<Runnable> {
    const [output, outputType] = onlyOutput(task);
    const half = [outputType, ...Object.values(operands)].some(({ dtype }) => dtype === "f16");
    if (half && !device.features.has("shader-f16")) throw new Unable("ONNX Runtime needs shader-f16 for f16");
    const of = (constant: boolean) =>
      Object.fromEntries(Object.entries(operands).filter(([name]) => task.constant.includes(name) === constant));
    const model = onnxModel({ nodes, inputs: of(false), initializers: of(true), outputs: { [output]: outputType } });
    const made = await session(model).catch((error: Error) => {
      if (/fallback|Could not find an implementation|not implemented/i.test(error.message))
        throw new Unable(`not on ONNX Runtime's WebGPU: ${error.message.replace(/\s+/g, " ").slice(0, 160)}`);
      throw error;
    });
    const buffers: GPUBuffer[] = [];
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, { dtype, shape, bytes }] of Object.entries(of(false))) {
      const words = new Uint32Array(Math.ceil(bytes.length / 4));
      new Uint8Array(words.buffer).set(bytes);
      const { buffer } = upload(device, { data: words, shape: [words.length] }, name);
      buffers.push(buffer);
      feeds[name] = ort.Tensor.fromGpuBuffer(buffer, { dataType: NAMES[dtype] as ort.Tensor.GpuBufferDataTypes, dims: shape });
    }
    let last: ort.Tensor | undefined;
    return {
      note,
      async run() {
        last?.dispose();
        last = (await made.run(feeds))[output]!;
      },
      sync: () => waitFor(device, last!.gpuBuffer as GPUBuffer),
      async read() {
        const buffer = last!.gpuBuffer as GPUBuffer;
        return { [output]: decode(await download(device, { ...outputType, buffer })) };
      },
      async dispose() {
        last?.dispose();
        await made.release();
        for (const buffer of buffers) buffer.destroy();
      },
    };
  }

  /** y is [T, 1, B, H], which is ours. */
  async function recurrent(task: Task, kind: "lstm" | "gru", attributes: Record<string, Attribute>) {
    const { hidden, weights, rows } = layer(task);
    const { w, r, b } = toOnnx(kind, weights);
    const inputs = { x: task.inputs["x"]!, w: typed(w), r: typed(r), ...(b && { b: typed(b) }) };
    const { shape } = rows.outputs["y"]!;
    const given: Task = {
      ...rows,
      inputs,
      outputs: { y: { shape: [shape[0]!, 1, shape[1]!, shape[2]!], dtype: "f32" } },
      constant: ["w", "r", "b"],
    };
    const nodes = [node(kind.toUpperCase(), Object.keys(inputs), "y", { hidden_size: hidden, ...attributes })];
    return { ...(await graph(given, operandsOf(given), nodes)), gives: ["y"] };
  }

  const kernels = {
    async matmul(task: Task) {
      const [c, { dtype }] = onlyOutput(task);
      const { a, b, bias, residual } = task.inputs;
      if ([a, b, bias, residual].some((one) => one && one.dtype !== dtype)) throw new Unable("ONNX' MatMul is of one type");
      const { transA, transB, alpha = 1, beta = 1, activation } = task.options as MatmulOptions;
      const added = bias ?? residual;
      const flat = a!.shape.length === 2 && b!.shape.length === 2;
      if (!flat && (alpha !== 1 || beta !== 1)) throw new Unable("factors of a batch are not written down for ONNX Runtime");
      if (bias && residual) throw new Unable("a bias and a residual are not written down for ONNX Runtime");
      const nodes: Node[] = [];
      const side = (name: string, turned: boolean | undefined, rank: number) => {
        if (!turned) return name;
        const perm = Array.from({ length: rank }, (_, i) => i);
        [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
        nodes.push(node("Transpose", [name], `${name}_t`, { perm }));
        return `${name}_t`;
      };
      const sum = activation ? "sum" : c;
      if (flat && (added || transA || transB || alpha !== 1)) {
        const factors = { alpha: { f: alpha }, beta: { f: bias ? 1 : beta }, transA: transA ? 1 : 0, transB: transB ? 1 : 0 };
        nodes.push(node("Gemm", ["a", "b", ...(added ? [bias ? "bias" : "residual"] : [])], sum, factors));
      } else {
        const sides = [side("a", transA, a!.shape.length), side("b", transB, b!.shape.length)];
        nodes.push(node("MatMul", sides, added ? "product" : sum));
        if (added) nodes.push(node("Add", ["product", bias ? "bias" : "residual"], sum));
      }
      if (activation) nodes.push(...activate(activation, sum, c));
      return graph(task, operandsOf(task), nodes, nodes.length > 1 || nodes[0]!.op !== "MatMul" ? show(nodes) : undefined);
    },

    /** Our words of eight 4-bit weights are MatMulNBits' bytes: low nibble first, zero point 8. */
    async matmulQuantized(task: Task) {
      const { a, weights, scales, bias } = task.inputs;
      const [c, { shape }] = onlyOutput(task);
      const [n, k] = [shape.at(-1)!, a!.shape.at(-1)!];
      const groups = scales!.shape.at(-1)!;
      const bits = (weights!.shape.at(-1)! * 32) / (groups * Math.ceil(k / groups));
      const { activation } = task.options as MatmulOptions;
      const block = k / groups;
      if (bits !== 4 || !Number.isInteger(block)) throw new Unable("MatMulNBits is written down for 4 bits and whole groups");
      const operands: Named = {
        ...operandsOf(task),
        weights: { dtype: "u8", shape: [n, groups, block / 2], bytes: memoryOf(weights!, "u32") },
        scales: { dtype: scales!.dtype as OnnxType, shape: [n * groups], bytes: memoryOf(scales!, scales!.dtype) },
      };
      const sum = activation ? "sum" : c;
      const inputs = ["a", "weights", "scales", ...(bias ? ["", "", "bias"] : [])];
      const nodes = [node("MatMulNBits", inputs, sum, { K: k, N: n, bits: 4, block_size: block }, MICROSOFT)];
      return graph(task, operands, activation ? [...nodes, ...activate(activation, sum, c)] : nodes, "MatMulNBits");
    },

    async softmax(task: Task) {
      const { axis = -1 } = task.options as { axis?: number };
      return graph(task, operandsOf(task), [node("Softmax", ["x"], onlyOutput(task)[0], { axis })]);
    },

    async layerNorm(task: Task) {
      const { epsilon = 1e-5 } = task.options as { epsilon?: number };
      const { gamma, beta } = task.inputs;
      if (!gamma) throw new Unable("LayerNormalization needs a scale");
      const inputs = ["x", "gamma", ...(beta ? ["beta"] : [])];
      const attributes = { axis: -1, epsilon: { f: epsilon } };
      return graph(task, operandsOf(task), [node("LayerNormalization", inputs, onlyOutput(task)[0], attributes)]);
    },

    /** ONNX is NCHW; transposes about it are cancelled by the WebGPU provider, which prefers NHWC. */
    async conv(task: Task) {
      const { last, strides, pad, groups, activation } = image(task);
      const [y] = onlyOutput(task);
      const w = last ? permuted(task.inputs["w"]!, [3, 2, 0, 1]) : task.inputs["w"]!;
      const attributes = { kernel_shape: w.shape.slice(2), strides, pads: [...pad, ...pad], group: groups };
      return graph(
        task,
        operandsOf({ ...task, inputs: { ...task.inputs, w } }),
        ...channelsFirst(last, y, (x, to) => {
          const conv = node("Conv", [x, "w", ...(task.inputs["bias"] ? ["bias"] : [])], activation ? "sum" : to, attributes);
          return [conv, ...(activation ? activate(activation, "sum", to) : [])];
        }),
      );
    },

    async maxPool(task: Task) {
      const { last, kernel, strides } = image(task);
      const [y] = onlyOutput(task);
      return graph(
        task,
        operandsOf(task),
        ...channelsFirst(last, y, (x, to) => [node("MaxPool", [x], to, { kernel_shape: kernel, strides })]),
      );
    },

    lstm: (task: Task) => recurrent(task, "lstm", {}),
    async gru(task: Task) {
      const { linearBeforeReset = true } = task.options as { linearBeforeReset?: boolean };
      return recurrent(task, "gru", { linear_before_reset: linearBeforeReset ? 1 : 0 });
    },

    /** MultiHeadAttention takes and gives [batch, rows, heads · head size]. */
    async attention(task: Task) {
      const { batch, heads: count, s, t } = heads(task);
      const { causal = false } = task.options as { causal?: boolean };
      if (causal && s !== t) throw new Unable("MultiHeadAttention counts causal positions from the first key");
      const [out, type] = onlyOutput(task);
      const flat = ([name, tensor]: [string, HostTensor & TensorType]) => {
        const turned = permuted(tensor, [0, 2, 1, 3]);
        return [name, { ...turned, shape: [batch, turned.shape[1]!, turned.shape[2]! * turned.shape[3]!] }] as const;
      };
      const turned: Task = {
        ...task,
        inputs: Object.fromEntries(Object.entries(task.inputs).map(flat)),
        outputs: { [out]: { ...type, shape: [batch, s, type.shape[1]! * type.shape[3]!] } },
      };
      const attributes = { num_heads: count, ...(causal && { unidirectional: 1 }) };
      const nodes = [node("MultiHeadAttention", ["q", "k", "v"], out, attributes, MICROSOFT)];
      const runnable = await graph(
        turned,
        operandsOf(turned),
        nodes,
        "MultiHeadAttention, [batch, rows, heads · size] in and out",
      );
      return {
        ...runnable,
        async read() {
          const data = Float32Array.from((await runnable.read())[out]!);
          return { [out]: permuted({ data, dtype: "f32", shape: [batch, s, count, type.shape[3]!] }, [0, 2, 1, 3]).data };
        },
      };
    },
  };

  return {
    name: "ONNX Runtime Web",
    version: ort.env.versions.web ?? ort.env.versions.common,
    prepare: byKernel("ONNX Runtime", kernels),
    close() {},
  };
}
