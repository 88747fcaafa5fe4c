// Operators of other worlds as calls of matmul: one small function each. Host code reshapes and nothing else.
import { elu, leakyRelu, relu6, transpose } from "@tilewright/kernels-pointwise";
import type { HostTensor } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operator,
  type Operators,
  Unsupported,
} from "@tilewright/testing/conformance";
import { type MatmulOptions, matmul } from "../src/index.ts";
import { integerFamily, integerOperators, integerProduct, isInteger } from "./conformance-integer.ts";
import { quantizedFamily, quantizedOperators } from "./conformance-quantized.ts";

const byName = ({ inputs }: FileCase, name: string): FileTensor | null => inputs.find((input) => input?.name === name) ?? null;
const reshape = (tensor: HostTensor, shape: readonly number[]): HostTensor => ({ ...tensor, shape });

const ACTIVATIONS: Readonly<Record<string, MatmulOptions["activation"]>> = {
  linear: undefined,
  relu: "relu",
  sigmoid: "sigmoid",
  tanh: "tanh",
};

function activation(name: unknown): Pick<MatmulOptions, "activation"> {
  if (name === undefined || name === null) return {};
  if (!(String(name) in ACTIVATIONS)) throw new Unsupported(`activation ${name} is not fused into matmul`);
  return { activation: ACTIVATIONS[String(name)] };
}

const most = ({ data }: HostTensor): number =>
  Array.from(data as ArrayLike<number>).reduce((a, b) => Math.max(a, Math.abs(b) || 0), 0);

/** a · b with NumPy's rules for vectors: [k] stands for [1, k] before and for [k, 1] behind, and its 1 is dropped again. */
async function product(
  kase: FileCase,
  context: Context,
  [x, y]: (FileTensor | null)[],
  options: MatmulOptions,
  added: { bias?: HostTensor; residual?: HostTensor } = {},
): Promise<Answer> {
  const { run, float } = context;
  if (isInteger(x)) return integerProduct(kase, context, [x, y], { transA: options.transA, transB: options.transB });
  const [a, b] = [float(x), float(y)];
  const row = a.shape.length === 1;
  const column = b.shape.length === 1;
  // A vector is what it is: transposing it does nothing.
  const { transA = false, transB = false, ...rest } = options;
  const given = { ...rest, transA: transA && !row, transB: transB && !column };
  const c = await run(
    matmul,
    { a: row ? reshape(a, [1, a.shape[0]!]) : a, b: column ? reshape(b, [b.shape[0]!, 1]) : b, ...added },
    given,
  );
  const lead = c.shape.slice(0, -2);
  const shape = [...lead, ...(row ? [] : [c.shape.at(-2)!]), ...(column ? [] : [c.shape.at(-1)!])];
  const terms = a.shape.at(given.transA ? -2 : -1)! + 1;
  const largest = Math.max(
    Math.abs(options.alpha ?? 1) * most(a) * most(b),
    ...Object.values(added).map((t) => Math.abs(options.beta ?? 1) * most(t)),
  );
  return { outputs: { [kase.outputs[0]?.name ?? ""]: reshape(c, shape) }, sum: { terms, largest } };
}

const inOrder =
  (operator: Operator): Operator =>
  async (kase, context) => {
    const { outputs, sum } = await operator(kase, context);
    return { outputs: Object.values(outputs), sum };
  };

/** Gemm of ONNX and WebNN: alpha · op(a) · op(b) + beta · c, c of any shape that broadcasts. */
function gemm(
  kase: FileCase,
  context: Context,
  [a, b, c]: (FileTensor | null | undefined)[],
  options: MatmulOptions,
): Promise<Answer> {
  const { beta = 1 } = options;
  const residual = c && beta !== 0 ? { residual: context.float(c) } : {};
  return product(kase, context, [a ?? null, b ?? null], options, residual);
}

/** d_a = dy · op(b)ᵀ and d_b = op(a)ᵀ · dy, with the transposes of the forward product turned in. */
const gradient: Operator = async (kase, { run, float }) => {
  const { transposeA: ta = false, transposeB: tb = false } = kase.attributes as { transposeA?: boolean; transposeB?: boolean };
  const [a, b, dy] = ["a", "b", "dy"].map((name) => float(byName(kase, name)));
  const da = ta
    ? await run(matmul, { a: b!, b: dy! }, { transA: tb, transB: true })
    : await run(matmul, { a: dy!, b: b! }, { transB: !tb });
  const db = tb
    ? await run(matmul, { a: dy!, b: a! }, { transA: true, transB: ta })
    : await run(matmul, { a: a!, b: dy! }, { transA: !ta });
  return { outputs: { d_a: da, d_b: db } };
};

/** tfjs' dot: of vectors and matrices; its arguments may be plain arrays. */
const dot: Operator = async (kase, context) => {
  const plain = (name: string): FileTensor | null => {
    const data = kase.attributes[name];
    return Array.isArray(data) ? { name, dtype: "float32", dims: [data.length], data, exact: true } : byName(kase, name);
  };
  return product(kase, context, [plain("t1"), plain("t2")], {});
};

/** Activations that matmul does not fuse are a kernel of their own behind it. */
async function activated(
  { run }: Context,
  y: HostTensor,
  { activation: name, leakyreluAlpha: alpha = 0.2 }: FileCase["attributes"],
): Promise<HostTensor> {
  if (name === "elu") return run(elu, { x: y });
  if (name === "relu6") return run(relu6, { x: y });
  return name === "leakyrelu" ? run(leakyRelu, { x: y }, { alpha: Number(alpha) }) : y;
}

const fused: Operator = async (kase, context) => {
  const { transposeA: transA = false, transposeB: transB = false } = kase.attributes as {
    transposeA?: boolean;
    transposeB?: boolean;
  };
  const bias = byName(kase, "bias");
  const residual = bias ? { residual: context.float(bias) } : {};
  const own = ["elu", "relu6", "leakyrelu"].includes(String(kase.attributes["activation"]));
  const { outputs, ...more } = await product(
    kase,
    context,
    [byName(kase, "a"), byName(kase, "b")],
    { transA, transB, ...(own ? {} : activation(kase.attributes["activation"])) },
    residual,
  );
  const [[name, y]] = Object.entries(outputs) as [[string, HostTensor]];
  return { outputs: { [name]: await activated(context, y, kase.attributes) }, ...more };
};

/** A stack of matrices whose rows come before its leading dimensions, with the rows behind them. */
async function batchFirst(
  { run, float }: Context,
  given: FileTensor | null | undefined,
  swap: boolean,
): Promise<FileTensor | null> {
  if (!given || !swap) return given ?? null;
  const last = given.dims.length - 1;
  const axes = [...given.dims.keys()].slice(1, last);
  const { shape, data } = await run(transpose, { x: float(given) }, { axes: [...axes, 0, last] });
  return { ...given, dims: shape, data: Array.from(data) };
}

const yes = (value: unknown) => value === 1 || value === true;
const factor = (value: unknown) => (typeof value === "number" ? value : 1);

/** The operators of this family, those that wait for a kernel included. */
export const family: readonly string[] = [
  ...integerFamily,
  ...quantizedFamily,
  ...["onnx/MatMul", "onnx/Gemm", "onnx/com.microsoft.FusedMatMul"],
  ...["tfjs/matMul", "tfjs/matMulGrad", "tfjs/fused.matMul", "tfjs/dot", "webnn/matmul", "webnn/gemm"],
];

export const operators: Operators = {
  ...integerOperators,
  ...quantizedOperators,
  "onnx/MatMul": inOrder((kase, context) => product(kase, context, [...kase.inputs], {})),
  "onnx/Gemm": inOrder((kase, context) => {
    const { alpha, beta, transA, transB } = kase.attributes;
    return gemm(kase, context, [...kase.inputs], {
      alpha: factor(alpha),
      beta: factor(beta),
      transA: yes(transA),
      transB: yes(transB),
    });
  }),
  "onnx/com.microsoft.FusedMatMul": inOrder(async (kase, context) => {
    const { alpha, transA, transB, transBatchA, transBatchB } = kase.attributes;
    const inputs = [
      await batchFirst(context, kase.inputs[0], yes(transBatchA)),
      await batchFirst(context, kase.inputs[1], yes(transBatchB)),
    ];
    return product(kase, context, inputs, { alpha: factor(alpha), transA: yes(transA), transB: yes(transB) });
  }),
  "tfjs/matMul": (kase, context) => {
    const { transposeA: transA = false, transposeB: transB = false } = kase.attributes as {
      transposeA?: boolean;
      transposeB?: boolean;
    };
    return product(kase, context, [byName(kase, "a"), byName(kase, "b")], { transA, transB });
  },
  "tfjs/matMulGrad": gradient,
  "tfjs/fused.matMul": fused,
  "tfjs/dot": dot,
  "webnn/matmul": (kase, context) => product(kase, context, [...kase.inputs], {}),
  "webnn/gemm": (kase, context) => {
    const { alpha, beta, aTranspose, bTranspose } = kase.attributes;
    return gemm(kase, context, [...kase.inputs], {
      alpha: factor(alpha),
      beta: factor(beta),
      transA: yes(aTranspose),
      transB: yes(bTranspose),
    });
  },
};
