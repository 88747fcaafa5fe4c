// What LSTM, GRU and RNN have in common: shapes, checks, and what changes their text.
import { fail, type Resolved, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { ACTIVATIONS, type Activation, type Chosen, chosen } from "./activation.ts";

export type Kind = "lstm" | "gru" | "rnn";
export type Direction = "forward" | "reverse" | "both";

/** Gates in PyTorch's order: i, f, g, o; r, z, n. */
export const GATES: Readonly<Record<Kind, number>> = { lstm: 4, gru: 3, rnn: 1 };

const USUAL: Readonly<Record<Kind, readonly Activation[]>> = {
  lstm: ["sigmoid", "tanh", "tanh"],
  gru: ["sigmoid", "tanh"],
  rnn: ["tanh"],
};

export interface CellOptions {
  /**
   * LSTM: of gates, candidate and output (sigmoid, tanh, tanh); GRU: of gates and candidate (sigmoid, tanh); RNN: tanh.
   * For two directions twice as many, where they differ. `{ name, alpha, beta }` for those with factors, see {@link ACTIVATIONS}.
   */
  activations?: readonly Activation[] | undefined;
  /** What goes into an activation is kept within ±clip (ONNX). Default: no clip. */
  clip?: number | undefined;
  /** Of the outputs; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}

export interface SequenceOptions extends CellOptions {
  /** "both" runs two sets of weights, the second one from the last step to the first. Default "forward". */
  direction?: Direction | undefined;
  /** x and y are [B, T, …]; states stay [directions, B, …]. Default false: [T, B, …]. */
  batchFirst?: boolean | undefined;
  /**
   * Where y has its directions: "merged" [T, B, directions · P] as PyTorch and as the next layer reads it, the default;
   * "split" [T, directions, B, P] as ONNX, which has [B, T, directions, P] where the batch is first.
   */
  directions?: "merged" | "split" | undefined;
  /** Rows of length 0 end in zeros, as ONNX Runtime has it; by default they keep h0 and c0. */
  zeroEmpty?: boolean | undefined;
}

/** The options of all kinds. */
export interface AllOptions extends SequenceOptions {
  inputForget?: boolean | undefined;
  linearBeforeReset?: boolean | undefined;
}

/**
 * `t` steps of `b` rows, of which `step` is this one where each has a dispatch; h units, of whose outputs `o` are fed back (fewer with a projection); `k` inputs; `dirs` directions.
 * The input projection is a product [m, k] · [n, k]ᵀ with m = t · b and n = dirs · gates · h; `batch` of it is 1.
 */
export type P = "m" | "n" | "k" | "batch" | "t" | "b" | "h" | "o" | "dirs" | "step" | "clip";
export const PARAMS = {
  ...({ m: "u32", n: "u32", k: "u32", batch: "u32" } as const),
  ...({ t: "u32", b: "u32", h: "u32", o: "u32", dirs: "u32", step: "u32", clip: "f32" } as const),
};

/** What changes the text. */
export interface Spec {
  readonly kind: Kind;
  /** A single step: there is no y. */
  readonly cell: boolean;
  readonly direction: Direction;
  readonly batchFirst: boolean;
  readonly split: boolean;
  /** Of each direction, one behind the other; once where they agree. */
  readonly activations: readonly (readonly Chosen[])[];
  readonly clip: boolean;
  readonly inputForget: boolean;
  /** GRU: the reset gate is applied to the product with h, not to h. */
  readonly after: boolean;
  readonly bias: boolean;
  readonly rBias: boolean;
  readonly peephole: boolean;
  readonly projection: boolean;
  readonly lengths: boolean;
  readonly zeroEmpty: boolean;
  readonly h0: boolean;
  readonly c0: boolean;
  /** There are no steps: x and y are not bound. */
  readonly empty: boolean;
  /** Rows of x and w (of the input projection) are a multiple of 4 long. */
  readonly vecX: boolean;
  readonly vecN: boolean;
  /** Rows of r are. */
  readonly vecH: boolean;
  /** Room for a state in workgroup memory: h and o rounded up. */
  readonly width: number;
  /** Outputs are f16. */
  readonly half: boolean;
}

/** All operands of all kinds. */
export interface Given {
  readonly x: TensorType;
  readonly w: TensorType;
  readonly r: TensorType;
  readonly bias?: TensorType | undefined;
  readonly rBias?: TensorType | undefined;
  readonly peephole?: TensorType | undefined;
  readonly projection?: TensorType | undefined;
  readonly lengths?: TensorType | undefined;
  readonly h0?: TensorType | undefined;
  readonly c0?: TensorType | undefined;
}

const KNOWN = ["activations", "clip", "dtype"];
const KNOWN_SEQUENCE = [...KNOWN, "direction", "batchFirst", "directions", "zeroEmpty"];

/** In few sizes, so that texts are few. */
const room = (units: number) => (units <= 16 ? 16 : units <= 64 ? 64 : Math.ceil(units / 128) * 128);

/** All shape inference and checks. Leading dimensions of directions may be left out where there is one. */
export function resolve(
  who: string,
  kind: Kind,
  cell: boolean,
  given: Given,
  options: AllOptions,
): {
  params: { readonly [K in P]: number };
  spec: Spec;
  outputs: { y: TensorType; hn: TensorType; cn: TensorType };
} {
  const own = kind === "lstm" ? ["inputForget"] : kind === "gru" ? ["linearBeforeReset"] : [];
  const names = [...(cell ? KNOWN : KNOWN_SEQUENCE), ...own];
  for (const key in options)
    if (!names.includes(key)) fail(who, "feature", `there is no option ${key}; there are ${names.join(", ")}.`);
  const { x, w, r, bias, rBias, peephole, projection, lengths, h0, c0 } = given;
  const { direction = "forward", batchFirst = false, directions = "merged", clip, dtype = x.dtype as "f32" } = options;
  if (!["forward", "reverse", "both"].includes(direction))
    fail(who, "feature", `direction is "${direction}"; it may be "forward", "reverse" or "both".`);
  if (directions !== "merged" && directions !== "split")
    fail(who, "feature", `directions is "${directions}"; it may be "merged" or "split".`);
  if (clip !== undefined && !(clip > 0)) fail(who, "dtype", `clip is ${clip}; needed is a number > 0.`);
  for (const [name, type] of Object.entries({ ...given, "options.dtype": { dtype } }))
    if (type && name !== "lengths" && type.dtype !== "f32" && type.dtype !== "f16")
      fail(who, "dtype", `${name} is ${type.dtype}; needed is f32 or f16.`);

  const gates = GATES[kind];
  const dirs = direction === "both" ? 2 : 1;
  const rank = cell ? 2 : 3;
  if (x.shape.length !== rank)
    fail(who, "shape", `x is ${showShape(x.shape)}; needed is ${cell ? "[B, I]" : batchFirst ? "[B, T, I]" : "[T, B, I]"}.`);
  const [first, second, k] = cell ? [1, ...x.shape] : x.shape;
  const [t, b] = (batchFirst && !cell ? [second, first] : [first, second]) as [number, number];
  const [rows, o] = r.shape.slice(-2) as [number, number];
  const h = rows / gates;
  if (r.shape.length < 2 || !h || !Number.isInteger(h) || !o)
    fail(who, "shape", `r is ${showShape(r.shape)}; needed is [directions, ${gates} · H, H], gates one below the other.`);
  if (!k) fail(who, "shape", `x is ${showShape(x.shape)}: there must be an input.`);
  const check = (name: string, type: TensorType | undefined, whole: readonly number[], what: string) => {
    if (!type || `${type.shape}` === `${whole}` || (whole[0] === 1 && `${type.shape}` === `${whole.slice(1)}`)) return;
    fail(
      who,
      "shape",
      `${name} is ${showShape(type.shape)}; needed is ${showShape(whole)}: ${what}${whole[0] === 1 && dirs === 1 ? " (a single direction may be left out)" : ""}.`,
    );
  };
  check("r", r, [dirs, gates * h, o], "[directions, gates · H, H]");
  check("w", w, [dirs, gates * h, k!], "[directions, gates · H, I]");
  check("bias", bias, [dirs, gates * h], "[directions, gates · H]");
  check("rBias", rBias, [dirs, gates * h], "[directions, gates · H]");
  check("peephole", peephole, [dirs, 3 * h], "[directions, 3 · H] of i, f, o");
  check("projection", projection, [dirs, o, h], "[directions, P, H]");
  check("h0", h0, [dirs, b, o], "[directions, B, H]");
  check("c0", c0, [dirs, b, h], "[directions, B, H]");
  if (o !== h && !projection)
    fail(who, "shape", `r is ${showShape(r.shape)}: its ${o} columns must equal its ${h} units, unless there is a projection.`);
  if (lengths) {
    if (lengths.dtype !== "u32" && lengths.dtype !== "i32")
      fail(who, "dtype", `lengths is ${lengths.dtype}; needed is u32 or i32.`);
    if (`${lengths.shape}` !== `${[b]}`)
      fail(who, "shape", `lengths is ${showShape(lengths.shape)}; needed is [${b}], one for each row of the batch.`);
  }

  const wanted = options.activations ?? USUAL[kind];
  const each = USUAL[kind].length;
  if (wanted.length !== each && wanted.length !== each * dirs)
    fail(who, "feature", `there are ${wanted.length} activations; needed are ${each}${dirs > 1 ? `, or ${each * dirs}` : ""}.`);
  const list = wanted.map((activation) => {
    const name = typeof activation === "string" ? activation : activation.name;
    return (
      chosen(activation) ??
      fail(who, "feature", `there is no activation "${name}"; there are ${Object.keys(ACTIVATIONS).join(", ")}.`)
    );
  });
  const sets = wanted.length > each ? [list.slice(0, each), list.slice(each)] : [list];

  const steps = batchFirst ? [b, t] : [t, b];
  const shape = directions === "merged" ? [...steps, dirs * o] : batchFirst ? [b, t, dirs, o] : [t, dirs, b, o];
  const n = dirs * gates * h;
  return {
    params: { m: t * b, n, k: k!, batch: 1, t, b, h, o, dirs, step: 0, clip: clip ?? 0 },
    spec: {
      kind,
      cell,
      direction,
      batchFirst,
      split: directions === "split" && dirs > 1,
      activations: sets,
      clip: clip !== undefined,
      inputForget: options.inputForget ?? false,
      after: kind === "gru" && (options.linearBeforeReset ?? true),
      ...{ bias: !!bias, rBias: !!rBias, peephole: !!peephole, projection: !!projection },
      ...{ lengths: !!lengths, h0: !!h0, c0: !!c0 },
      zeroEmpty: !!lengths && (options.zeroEmpty ?? false),
      empty: t === 0,
      vecX: k! % 4 === 0,
      vecN: n % 4 === 0,
      vecH: o % 4 === 0,
      width: room(Math.max(h, o)),
      half: dtype === "f16",
    },
    outputs: {
      y: { shape, dtype },
      hn: { shape: cell ? [b, o] : [dirs, b, o], dtype },
      cn: { shape: cell ? [b, h] : [dirs, b, h], dtype },
    },
  };
}

export type Problem = Parameters<typeof cost>[0];

/** Each weight is used once a step. */
export const cost = ({
  params: { m, n, k, o, h, dirs },
  spec: { projection },
  types,
}: {
  readonly params: Resolved<object & Record<never, never>, P, Spec>["params"];
  readonly spec: Spec;
  readonly types: { readonly [operand: string]: TensorType };
}): { flops: number; bytes: number } => ({
  flops: 2 * m * (n * (k + o) + (projection ? dirs * h * o : 0)),
  bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
});
