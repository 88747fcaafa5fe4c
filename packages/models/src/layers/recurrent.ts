import { concat, transpose } from "@tilewright/kernels-pointwise";
import * as kernels from "@tilewright/kernels-rnn";
import { fail, showShape, type Tape, type Value } from "@tilewright/runtime";
import { type Init, uniform } from "../init.ts";
import { type Layer, layer, type Scope } from "../layer.ts";

export interface RecurrentOptions {
  /** Layers, each reading the one below. Default 1. */
  readonly layers?: number | undefined;
  /** A second set of weights reads from the last row to the first; results lie side by side, twice as wide. Default false. */
  readonly bidirectional?: boolean | undefined;
  /** "sequence": y is [batch, rows, width], the default; "last": [batch, width], what each direction ends with. */
  readonly returns?: "sequence" | "last" | undefined;
  /** Two of them, as PyTorch and cuDNN have it. Default true. */
  readonly bias?: boolean | undefined;
  /** Of weights and biases. Uniform in ±1/√units unless given, as in PyTorch. */
  readonly init?: Init | undefined;
}

/** State of each layer: [directions, batch, units] each; c of LSTMs alone. */
export interface State {
  readonly h: readonly Value[];
  readonly c: readonly Value[];
}

/** What else it may read. */
export interface RecurrentInputs {
  /** Rows that count of each text, u32 [batch]; y is zero behind them. */
  readonly lengths?: Value | undefined;
  /** Where it begins. Default: zeros. */
  readonly state?: State | undefined;
}

/** What the three kinds differ in; each names its own kernel, so that a bundle has only those that are used. */
interface Cell {
  readonly kind: string;
  readonly gates: number;
  call(
    tape: Tape,
    given: { readonly [K in "x" | "w" | "r"]: Value } & {
      readonly [K in "bias" | "rBias" | "lengths" | "h0"]?: Value | undefined;
    },
    how: { readonly batchFirst: true; readonly direction: "forward" | "both" },
    c0: Value | undefined,
  ): { readonly y: Value; readonly hn: Value; readonly cn?: Value };
}
const LSTM: Cell = {
  kind: "lstm",
  gates: 4,
  call: (tape, given, how, c0) => tape.call(kernels.lstm, { ...given, c0 }, how),
};
const GRU: Cell = { kind: "gru", gates: 3, call: (tape, given, how) => tape.call(kernels.gru, given, how) };
const RNN: Cell = { kind: "rnn", gates: 1, call: (tape, given, how) => tape.call(kernels.rnn, given, how) };

type Recurrent<Out = Value> = Layer<readonly [x: Value, more?: RecurrentInputs | undefined], Out>;

/**
 * Long short-term memory: Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735, with forget gates. x is [batch, rows, inputs].
 * Parameters as PyTorch names them, gates i, f, g, o one below the other: `weight_ih_l0` [4 · units, inputs], `weight_hh_l0`
 * [4 · units, units], `bias_ih_l0`, `bias_hh_l0` [4 · units]; `…_l1` of the layer above, `…_reverse` of the other direction.
 */
export const lstm = (units: number, options: RecurrentOptions = {}): Recurrent => returning(LSTM, units, options);

/** Gated recurrent units: Cho et al. 2014, arXiv:1406.1078, the reset gate behind the product, as in PyTorch. Parameters as {@link lstm}'s, gates r, z, n. */
export const gru = (units: number, options: RecurrentOptions = {}): Recurrent => returning(GRU, units, options);

/** The plain recurrence h' = tanh(W x + R h + b): Elman 1990, doi:10.1207/s15516709cog1402_1. Parameters as {@link lstm}'s, one gate. */
export const rnn = (units: number, options: RecurrentOptions = {}): Recurrent => returning(RNN, units, options);

/** An LSTM's rows and the state behind the last, for those who read on from there. */
export const statefulLstm = (
  units: number,
  options: Omit<RecurrentOptions, "returns"> = {},
): Recurrent<{ readonly y: Value; readonly state: State }> =>
  layer("lstm", (scope, x, more = {}) => stack(scope, LSTM, units, options, x, more));

function returning(cell: Cell, units: number, options: RecurrentOptions): Recurrent {
  const { returns = "sequence" } = options;
  return layer(cell.kind, (scope, x, more = {}) => {
    const { y, state } = stack(scope, cell, units, options, x, more);
    if (returns === "sequence") return y;
    const h = state.h.at(-1)!;
    const [dirs = 1, batch = 1] = h.shape;
    const { tape } = scope;
    return tape.reshape(dirs === 1 ? h : tape.call(transpose, { x: h }, { axes: [1, 0, 2] }), [batch, dirs * units]);
  });
}

function stack(
  scope: Scope,
  cell: Cell,
  units: number,
  { layers = 1, bidirectional = false, bias = true, init = uniform(1 / Math.sqrt(units)) }: RecurrentOptions,
  x: Value,
  { lengths, state }: RecurrentInputs,
): { readonly y: Value; readonly state: State } {
  const { tape } = scope;
  if (x.shape.length !== 3) fail(cell.kind, "shape", `x is ${showShape(x.shape)}; needed is [batch, rows, inputs].`);
  const rows = cell.gates * units;
  const ends = { h: [] as Value[], c: [] as Value[] };
  let y = x;
  for (let l = 0; l < layers; l++) {
    const of = (name: string, shape: readonly number[]): Value => {
      const one = scope.parameter(`${name}_l${l}`, shape, init);
      if (!bidirectional) return one;
      // One call runs both directions at once: its weights lie one behind the other.
      const both = tape.call(concat, { x0: one, x1: scope.parameter(`${name}_l${l}_reverse`, shape, init) });
      return tape.reshape(both, [2, ...shape]);
    };
    const given = {
      x: y,
      w: of("weight_ih", [rows, y.shape[2]!]),
      r: of("weight_hh", [rows, units]),
      ...(bias && { bias: of("bias_ih", [rows]), rBias: of("bias_hh", [rows]) }),
      lengths,
      h0: state?.h[l],
    };
    const got = cell.call(tape, given, { batchFirst: true, direction: bidirectional ? "both" : "forward" }, state?.c[l]);
    y = got.y;
    ends.h.push(got.hn);
    if (got.cn) ends.c.push(got.cn);
  }
  return { y, state: ends };
}
