// Operators of other worlds as calls of our kernels: one small function each. Host code reshapes and reorders weights, and nothing else.
import type { HostTensor } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operators,
  Unsupported,
} from "@tilewright/testing/conformance";
import {
  ACTIVATIONS,
  type Activation,
  type ActivationName,
  fromOnnx,
  gru,
  gruCell,
  lstm,
  reorderGates,
  rnn,
} from "../src/index.ts";

type Given = FileTensor | null | undefined;
type Kind = "lstm" | "gru" | "rnn";

const reshape = (tensor: HostTensor, shape: readonly number[]): HostTensor => ({ ...tensor, shape });
/** Only what is there. */
const present = <T extends object>(all: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value)) as never;

/** What a unit sums, for tolerances finer than that sum's rounding: inputs and units, each at most 1 or the largest input. */
function sumOf(x: HostTensor, w: HostTensor, h: number): Answer["sum"] {
  const most = ({ data }: HostTensor) => Array.from(data as ArrayLike<number>).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return { terms: w.shape.at(-1)! + h + 2, largest: Math.max(1, most(x)) * Math.max(1, most(w)) };
}

/** ONNX's activations: names in any case, alphas and betas handed out to those that take them. */
function named(names: unknown, alphas: unknown, betas: unknown): { activations?: Activation[] } {
  if (!Array.isArray(names)) return {};
  const [alpha, beta] = [alphas, betas].map((list) => (Array.isArray(list) ? [...list] : []));
  const takes = (name: ActivationName) => ACTIVATIONS[name] as { alpha?: number; beta?: number };
  return {
    activations: names.map((given: string) => {
      const name = Object.keys(ACTIVATIONS).find((known) => known.toLowerCase() === given.toLowerCase()) as ActivationName;
      if (!name) throw new Unsupported(`activation ${given}`);
      const own = { name, alpha: undefined as number | undefined, beta: undefined as number | undefined };
      if (takes(name).alpha !== undefined) own.alpha = alpha!.shift();
      if (takes(name).beta !== undefined) own.beta = beta!.shift();
      return own;
    }),
  };
}

const DIRECTIONS: Readonly<Record<string, "forward" | "reverse" | "both">> = {
  ...{ forward: "forward", reverse: "reverse", backward: "reverse", bidirectional: "both", both: "both" },
};

/** LSTM, GRU and RNN of ONNX: X, W, R, B, sequence_lens, initial_h, initial_c, P. With `layout` 1 the batch comes first, in states too. */
async function onnx(kind: Kind, kase: FileCase, { run, float }: Context): Promise<Answer> {
  const [X, W, R, B, lens, H, C, Pe] = kase.inputs as readonly Given[];
  const { direction = "forward", activations: names, activation_alpha, activation_beta, clip, layout } = kase.attributes;
  const optional = (tensor: Given) => (tensor ? float(tensor) : undefined);
  const weights = fromOnnx(kind, { w: float(W), r: float(R), b: optional(B), p: optional(Pe) });
  const batchFirst = layout === 1;
  const dirs = W!.dims[0]!;
  if (batchFirst && dirs > 1) throw new Unsupported("states [batch, directions, hidden] of two directions");
  const swap = (tensor: HostTensor) =>
    batchFirst ? reshape(tensor, [tensor.shape[1]!, tensor.shape[0]!, tensor.shape[2]!]) : tensor;
  const inputs = {
    ...weights,
    ...present({ h0: H && swap(float(H)), c0: C && swap(float(C)) }),
    x: float(X),
    ...(lens && { lengths: { data: Uint32Array.from(lens.data), shape: lens.dims } }),
  };
  const options = {
    direction: DIRECTIONS[String(direction)]!,
    batchFirst,
    directions: "split" as const,
    zeroEmpty: true,
    ...named(names, activation_alpha, activation_beta),
    ...(typeof clip === "number" && { clip }),
  };
  const result: { y: HostTensor; hn: HostTensor; cn?: HostTensor } =
    kind === "lstm"
      ? await run(lstm, inputs, { ...options, inputForget: kase.attributes["input_forget"] === 1 })
      : kind === "gru"
        ? await run(gru, inputs, { ...options, linearBeforeReset: kase.attributes["linear_before_reset"] === 1 })
        : await run(rnn, inputs, options);
  const { y, hn, cn } = result;
  const [t, b] = batchFirst ? [X!.dims[1]!, X!.dims[0]!] : [X!.dims[0]!, X!.dims[1]!];
  const h = hn.shape.at(-1)!;
  return {
    outputs: [reshape(y, batchFirst ? [b, t, dirs, h] : [t, dirs, b, h]), swap(hn), ...(cn ? [swap(cn)] : [])],
    sum: sumOf(inputs.x, weights.w, h),
  };
}

/** Where gate i of ours stands in WebNN's layouts; the new gate of a GRU is n. */
const LAYOUTS: Readonly<Record<string, readonly number[]>> = {
  ...{ iofg: [0, 2, 3, 1], ifgo: [0, 1, 2, 3], zrn: [1, 0, 2], rzn: [0, 1, 2] },
};

/** lstm, gru and their cells of WebNN: hidden states [directions, B, H]; outputs states first, then all steps [T, directions, B, H]. */
async function webnn(kind: "lstm" | "gru", cell: boolean, kase: FileCase, { run, float }: Context): Promise<Answer> {
  const given = (name: string) => kase.inputs.find((input) => input?.name === name);
  const { direction = "forward", layout = kind === "lstm" ? "iofg" : "zrn", returnSequence, resetAfter = true } = kase.attributes;
  const order = LAYOUTS[String(layout)]!;
  // A cell's tensors lack the directions.
  const lifted = (name: string) => {
    const tensor = given(name);
    return tensor && (cell ? reshape(float(tensor), [1, ...tensor.dims]) : float(tensor));
  };
  const ordered = (name: string) => {
    const tensor = lifted(name);
    return tensor && reorderGates(tensor, order);
  };
  const peephole = lifted("peepholeWeight");
  const inputs = {
    ...{ x: float(given("input")), w: ordered("weight")!, r: ordered("recurrentWeight")! },
    ...present({
      bias: ordered("bias"),
      rBias: ordered("recurrentBias"),
      peephole: peephole && reorderGates(peephole, [0, 2, 1]),
      h0: lifted(cell ? "hiddenState" : "initialHiddenState"),
      c0: lifted(cell ? "cellState" : "initialCellState"),
    }),
  };
  const { activations: names } = kase.attributes;
  const shared = named(names, undefined, undefined);
  const options = { ...shared, direction: DIRECTIONS[String(direction)]!, directions: "split" as const };
  const h = inputs.r.shape.at(-1)!;
  const sum = sumOf(inputs.x, inputs.w, h);
  if (cell) {
    const hn = await run(gruCell, inputs, { ...shared, linearBeforeReset: resetAfter === true });
    return { outputs: [hn], sum };
  }
  const result: { y: HostTensor; hn: HostTensor; cn?: HostTensor } =
    kind === "lstm"
      ? await run(lstm, inputs, options)
      : await run(gru, inputs, { ...options, linearBeforeReset: resetAfter === true });
  const { y, hn, cn } = result;
  const [t, b] = inputs.x.shape as [number, number];
  const all = reshape(y, [t, inputs.w.shape[0]!, b, h]);
  return { outputs: [hn, ...(cn ? [cn] : []), ...(returnSequence ? [all] : [])], sum };
}

/** The operators of this family, those that wait for a kernel included. */
export const family: readonly string[] = [
  ...["onnx/LSTM", "onnx/GRU", "onnx/RNN"],
  ...["webnn/lstm", "webnn/gru", "webnn/gruCell"],
];

export const operators: Operators = {
  "onnx/LSTM": (kase, context) => onnx("lstm", kase, context),
  "onnx/GRU": (kase, context) => onnx("gru", kase, context),
  "onnx/RNN": (kase, context) => onnx("rnn", kase, context),
  "webnn/lstm": (kase, context) => webnn("lstm", false, kase, context),
  "webnn/gru": (kase, context) => webnn("gru", false, kase, context),
  "webnn/gruCell": (kase, context) => webnn("gru", true, kase, context),
};
