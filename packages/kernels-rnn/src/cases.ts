import { defineSuite, type Fill, fill, type KernelCase, lazily, type Suite } from "@tilewright/runtime/cases";
import { type GruOptions, gru, gruCell } from "./gru.ts";
import { type LstmOptions, lstm, lstmCell } from "./lstm.ts";
import { type AllOptions, GATES, type Kind } from "./problem.ts";
import { type RnnOptions, rnn, rnnCell } from "./rnn.ts";

interface Shape {
  t?: number;
  b?: number;
  /** Inputs and units. */
  i: number;
  h: number;
  /** Width of a projected h. */
  o?: number;
  bias?: boolean;
  states?: boolean;
  peephole?: boolean;
  lengths?: number[];
  /** Of the input; weights are uniform within ±`scale`. */
  data?: Fill;
  scale?: number;
}

/** `f32` or `f16` of everything, or `f32,f16`: x and states, weights. */
type Types = "f32" | "f16" | "f32,f16";

const shown = (value: unknown): string | number | boolean =>
  Array.isArray(value)
    ? value.map((one) => (typeof one === "object" ? `${one.name}(${one.alpha ?? ""},${one.beta ?? ""})` : one)).join("x")
    : (value as string | number | boolean);

function one(kind: Kind, cell: boolean, types: Types, shape: Shape, options: AllOptions = {}): KernelCase {
  const { t = 1, b = 1, i, h, o = h, bias = true, states = false, peephole = false, lengths, data = "uniform" } = shape;
  const { scale = 1 / Math.sqrt(h) } = shape;
  const [x, w = x] = types.split(",") as ("f32" | "f16")[];
  const usual: Record<string, unknown> = { t: 1, b: 1, o: h, bias: true, states: false, peephole: false, data: "uniform" };
  const keys: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries({ ...shape, ...options })) if (value !== usual[key]) keys[key] = shown(value);
  const gates = GATES[kind];
  const dirs = options.direction === "both" ? 2 : 1;
  const of = (...dims: number[]) => (cell ? dims : [dirs, ...dims]);
  const half = (v: number) => Math.round(v * 1024) / 1024; // a half holds it
  const weights = (seed: number, ...dims: number[]) =>
    lazily(of(...dims), w!, () => {
      const { data } = fill("uniform", of(...dims), "f32", seed);
      return Array.from(data as ArrayLike<number>, (v) => (w === "f16" ? half(v * scale) : Math.fround(v * scale)));
    });
  return {
    dtype: types.replace(",", "·"),
    keys,
    options,
    constant: ["w", "r", "bias", "rBias", "peephole", "projection"],
    inputs: () => ({
      x: fill(data, cell ? [b, i] : options.batchFirst ? [b, t, i] : [t, b, i], x!, 1),
      w: weights(2, gates * h, i),
      r: weights(3, gates * h, o),
      ...(bias && { bias: weights(4, gates * h), rBias: weights(5, gates * h) }),
      ...(peephole && { peephole: weights(6, 3 * h) }),
      ...(o !== h && { projection: weights(7, o, h) }),
      ...(lengths && { lengths: { data: Uint32Array.from(lengths), shape: [b] } }),
      ...(states && { h0: fill("uniform", of(b, o), x!, 8) }),
      ...(states && kind === "lstm" && { c0: fill("uniform", of(b, h), x!, 9) }),
    }),
  };
}

type One<Options> = (shape: Shape, options?: Options, types?: Types) => KernelCase;
const both = <Options>(make: One<Options>, shape: Shape, options?: Options): KernelCase[] => [
  make(shape, options),
  make(shape, options, "f16"),
];

/** What every kind is proven by: one of everything, primes, tiles and their neighbours, options, lengths, types, hard numbers. */
const common = (make: One<AllOptions>): KernelCase[] => [
  ...both(make, { i: 1, h: 1 }),
  ...both(make, { t: 3, b: 2, i: 3, h: 5, states: true }),
  make({ t: 7, b: 5, i: 8, h: 16 }),
  make({ t: 5, b: 4, i: 12, h: 17, states: true }, { direction: "reverse" }),
  ...both(make, { t: 4, b: 3, i: 6, h: 7, states: true }, { direction: "both" }),
  make({ t: 4, b: 3, i: 6, h: 8, states: true }, { direction: "both", directions: "split" }),
  make({ t: 4, b: 3, i: 6, h: 8 }, { direction: "both", directions: "split", batchFirst: true }),
  make({ t: 6, b: 3, i: 4, h: 12, bias: false }, { batchFirst: true }),
  make({ t: 2, b: 2, i: 129, h: 127 }),
  make({ t: 2, b: 33, i: 5, h: 33 }),
  make({ t: 9, b: 1, i: 16, h: 128, states: true }),
  ...both(make, { t: 6, b: 4, i: 5, h: 9, states: true, lengths: [6, 0, 3, 1] }),
  make({ t: 6, b: 5, i: 5, h: 9, states: true, lengths: [6, 0, 3, 1, 9] }, { direction: "both" }),
  make({ t: 6, b: 4, i: 5, h: 9, states: true, lengths: [6, 0, 3, 1] }, { zeroEmpty: true }),
  make({ t: 6, b: 4, i: 5, h: 9, states: true, lengths: [0, 0, 6, 5] }, { direction: "reverse", batchFirst: true }),
  make({ t: 3, b: 2, i: 7, h: 10, states: true }, { clip: 0.25 }),
  make({ t: 3, b: 2, i: 4, h: 257 }),
  make({ t: 2, b: 1, i: 513, h: 3 }),
  make({ t: 2, b: 1, i: 3, h: 513 }),
  make({ t: 512, b: 2, i: 3, h: 20 }),
  make({ t: 512, b: 1, i: 2, h: 3, lengths: [511] }, { direction: "both" }, "f16"),
  ...both(make, { t: 0, b: 2, i: 3, h: 4, states: true }),
  make({ t: 3, b: 0, i: 3, h: 4 }),
  make({ t: 3, b: 3, i: 8, h: 12, states: true }, {}, "f32,f16"),
  make({ t: 3, b: 3, i: 8, h: 13, states: true }, { dtype: "f16" }, "f32,f16"),
  make({ t: 5, b: 4, i: 8, h: 12, states: true, scale: 20 }),
  make({ t: 5, b: 4, i: 8, h: 12, data: "large" }),
  make({ t: 5, b: 4, i: 8, h: 12, data: "tiny" }),
  make({ t: 5, b: 4, i: 8, h: 12, data: "denormal" }),
  make({ t: 5, b: 5, i: 8, h: 12, data: "nonfinite" }),
  make({ t: 5, b: 4, i: 8, h: 12, data: "cancel" }),
];

const lstmOf: One<LstmOptions> = (shape, options, types = "f32") => one("lstm", false, types, shape, options);
const gruOf: One<GruOptions> = (shape, options, types = "f32") => one("gru", false, types, shape, options);
const rnnOf: One<RnnOptions> = (shape, options, types = "f32") => one("rnn", false, types, shape, options);

/** Cases that show any mistake. */
export const revealing = {
  lstm: lstmOf(
    { t: 5, b: 6, i: 7, h: 150, o: 77, states: true, peephole: true, lengths: [5, 4, 0, 3, 5, 2] },
    { direction: "both" },
  ),
  gru: gruOf({ t: 5, b: 6, i: 7, h: 150, states: true, lengths: [5, 4, 0, 3, 5, 2] }, { direction: "both" }),
  lstmCell: one("lstm", true, "f32", { b: 6, i: 70, h: 150, states: true, peephole: true }),
} satisfies Record<string, KernelCase>;

/** What proves and times lstm. */
export const lstmSuite: Suite = defineSuite(
  lstm,
  [
    ...common(lstmOf),
    revealing.lstm,
    ...both(lstmOf, { t: 4, b: 3, i: 5, h: 11, states: true, peephole: true }),
    lstmOf({ t: 4, b: 3, i: 5, h: 11, states: true, peephole: true }, { direction: "both", clip: 0.2 }),
    lstmOf({ t: 4, b: 3, i: 5, h: 11, states: true }, { inputForget: true }),
    ...both(lstmOf, { t: 4, b: 5, i: 5, h: 14, o: 9, states: true }),
    lstmOf({ t: 4, b: 5, i: 5, h: 140, o: 70, states: true, peephole: true, lengths: [4, 2, 0, 1, 3] }, { direction: "both" }),
    lstmOf({ t: 4, b: 2, i: 5, h: 8, o: 16 }),
    lstmOf({ t: 4, b: 3, i: 5, h: 11, states: true }, { activations: ["relu", "softsign", "elu"] }),
    lstmOf({ t: 3, b: 3, i: 5, h: 11, states: true }, { activations: ["hardSigmoid", "softplus", "leakyRelu"] }),
    lstmOf(
      { t: 3, b: 3, i: 5, h: 11 },
      {
        direction: "both",
        activations: [
          ...(["sigmoid", { name: "affine", alpha: 0.5, beta: 0.1 }, "tanh"] as const),
          ...([
            { name: "hardSigmoid", alpha: 0.3 },
            { name: "scaledTanh", alpha: 1.7159, beta: 2 / 3 },
            "thresholdedRelu",
          ] as const),
        ],
      },
    ),
  ],
  [
    lstmOf({ t: 64, b: 8, i: 128, h: 128 }),
    lstmOf({ t: 128, b: 1, i: 128, h: 128 }),
    lstmOf({ t: 32, b: 32, i: 256, h: 256 }),
    lstmOf({ t: 16, b: 1, i: 512, h: 512 }),
  ],
);

/** What proves and times gru. */
export const gruSuite: Suite = defineSuite(
  gru,
  [
    ...common(gruOf),
    revealing.gru,
    ...common(gruOf)
      .filter((_, n) => n % 3 === 1)
      .map(({ options, keys, ...rest }) => ({
        ...rest,
        options: { ...options, linearBeforeReset: false },
        keys: { ...keys, linearBeforeReset: false },
      })),
    gruOf(
      { t: 4, b: 6, i: 5, h: 150, states: true, lengths: [4, 2, 0, 1, 3, 4] },
      { direction: "both", linearBeforeReset: false },
    ),
    gruOf({ t: 4, b: 3, i: 5, h: 11, states: true }, { activations: ["hardSigmoid", "softsign"] }),
  ],
  [
    gruOf({ t: 64, b: 8, i: 128, h: 128 }),
    gruOf({ t: 128, b: 1, i: 128, h: 128 }),
    gruOf({ t: 64, b: 8, i: 128, h: 128 }, { linearBeforeReset: false }),
  ],
);

/** What proves and times rnn. */
export const rnnSuite: Suite = defineSuite(
  rnn,
  [...common(rnnOf), rnnOf({ t: 4, b: 3, i: 5, h: 11, states: true }, { activations: ["relu"] })],
  [rnnOf({ t: 64, b: 8, i: 128, h: 128 }), rnnOf({ t: 128, b: 1, i: 128, h: 128 })],
);

const cells = (kind: Kind, options: readonly AllOptions[] = []): KernelCase[] => [
  ...(["f32", "f16"] as const).flatMap((types) => [
    one(kind, true, types, { b: 1, i: 1, h: 1 }),
    one(kind, true, types, { b: 5, i: 7, h: 13, states: true }),
    one(kind, true, types, { b: 4, i: 32, h: 64, states: true }),
  ]),
  one(kind, true, "f32", { b: 1, i: 130, h: 129, states: true, bias: false }),
  one(kind, true, "f32", { b: 3, i: 8, h: 300 }, { clip: 0.3 }),
  one(kind, true, "f32,f16", { b: 9, i: 8, h: 24, states: true }),
  one(kind, true, "f32", { b: 3, i: 8, h: 12, states: true, data: "nonfinite" }),
  one(kind, true, "f32", { b: 0, i: 8, h: 12 }),
  ...options.map((each) => one(kind, true, "f32", { b: 5, i: 12, h: 20, states: true }, each)),
];
const cellSizes = (kind: Kind) => [
  one(kind, true, "f32", { b: 1, i: 512, h: 512, states: true }),
  one(kind, true, "f32", { b: 32, i: 256, h: 256, states: true }),
];

/** What proves and times lstmCell. */
export const lstmCellSuite: Suite = defineSuite(
  lstmCell,
  [
    ...cells("lstm", [{ inputForget: true }, { activations: ["relu", "relu", "relu"] }]),
    one("lstm", true, "f32", { b: 3, i: 8, h: 12, o: 7, states: true, peephole: true }),
    one("lstm", true, "f16", { b: 3, i: 8, h: 12, states: true, peephole: true }),
    revealing.lstmCell,
  ],
  cellSizes("lstm"),
);
/** What proves and times gruCell. */
export const gruCellSuite: Suite = defineSuite(
  gruCell,
  cells("gru", [{ linearBeforeReset: false }, { activations: ["tanh", "sigmoid"] }]),
  cellSizes("gru"),
);
/** What proves and times rnnCell. */
export const rnnCellSuite: Suite = defineSuite(rnnCell, cells("rnn", [{ activations: ["relu"] }]), cellSizes("rnn"));

/** Every kernel of this package. */
export const rnnSuites: readonly Suite[] = [lstmSuite, gruSuite, rnnSuite, lstmCellSuite, gruCellSuite, rnnCellSuite];
