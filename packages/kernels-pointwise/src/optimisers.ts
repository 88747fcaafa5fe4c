// The optimisers: updates of { weights, gradient, states… } in place, as PyTorch has them.
import { addOp, divOp, maxOp, mulOp, sqrtOp, squareOp, subOp } from "./arithmetic.ts";
import type { Applied, Expression } from "./expression.ts";
import { type Optimiser, optimiser } from "./optimiser.ts";
import { of } from "./pointwise.ts";

/**
 * Stochastic gradient descent with momentum: v ← momentum · v + (1 - dampening)(g + decay · w), w ← w - rate · v
 * (Nesterov: w ← w - rate(g + momentum · v)). The velocity starts at 0; without momentum use {@link sgd}.
 */
export const momentum: Optimiser<"velocity", "rate" | "momentum" | "dampening" | "decay", "nesterov"> = /* @__PURE__ */ optimiser(
  {
    name: "momentum",
    states: ["velocity"],
    numbers: { rate: 0.01, momentum: 0.9, dampening: 0, decay: 0 },
    flags: { nesterov: false },
    params: ["rate", "momentum", "fresh", "decay"],
    derive: ({ rate, momentum, dampening, decay }) => ({ rate, momentum, fresh: 1 - dampening, decay }),
    steps: (x, p, { nesterov }) => [
      ["slope", of(addOp, x("gradient"), of(mulOp, p("decay"), x("weights")))],
      ["velocity", of(addOp, of(mulOp, p("momentum"), x("velocity")), of(mulOp, p("fresh"), x("new_slope")))],
      [
        "weights",
        of(
          subOp,
          x("weights"),
          of(
            mulOp,
            p("rate"),
            nesterov ? of(addOp, x("new_slope"), of(mulOp, p("momentum"), x("new_velocity"))) : x("new_velocity"),
          ),
        ),
      ],
    ],
  },
);

/** w ← w - rate(g + decay · w) */
export const sgd: Optimiser<never, "rate" | "decay", never> = /* @__PURE__ */ optimiser({
  name: "sgd",
  states: [],
  numbers: { rate: 0.01, decay: 0 },
  flags: {},
  params: ["rate", "decay"],
  derive: ({ rate, decay }) => ({ rate, decay }),
  steps: (x, p) => [
    ["weights", of(subOp, x("weights"), of(mulOp, p("rate"), of(addOp, x("gradient"), of(mulOp, p("decay"), x("weights")))))],
  ],
});

/** s ← s + g², w ← w - rate / (1 + (step - 1) rateDecay) · g / (√s + epsilon): Duchi, Hazan and Singer 2011. */
export const adagrad: Optimiser<"sum", "rate" | "step" | "rateDecay" | "epsilon" | "decay", never> = /* @__PURE__ */ optimiser({
  name: "adagrad",
  states: ["sum"],
  numbers: { rate: 0.01, step: 1, rateDecay: 0, epsilon: 1e-10, decay: 0 },
  flags: {},
  params: ["rate", "epsilon", "decay"],
  derive: ({ rate, step, rateDecay, epsilon, decay }) => ({ rate: rate / (1 + (step - 1) * rateDecay), epsilon, decay }),
  steps: (x, p) => [
    ["slope", of(addOp, x("gradient"), of(mulOp, p("decay"), x("weights")))],
    ["sum", of(addOp, x("sum"), of(squareOp, x("new_slope")))],
    [
      "weights",
      of(subOp, x("weights"), of(mulOp, p("rate"), of(divOp, x("new_slope"), of(addOp, of(sqrtOp, x("new_sum")), p("epsilon"))))),
    ],
  ],
});

/** s ← alpha · s + (1 - alpha) g², v ← momentum · v + g / (√s + epsilon), w ← w - rate · v: Tieleman and Hinton 2012. */
export const rmsprop: Optimiser<"square" | "velocity", "rate" | "alpha" | "momentum" | "epsilon" | "decay", never> =
  /* @__PURE__ */ optimiser({
    name: "rmsprop",
    states: ["square", "velocity"],
    numbers: { rate: 0.01, alpha: 0.99, momentum: 0, epsilon: 1e-8, decay: 0 },
    flags: {},
    params: ["rate", "alpha", "fresh", "momentum", "epsilon", "decay"],
    derive: ({ rate, alpha, momentum, epsilon, decay }) => ({ rate, alpha, fresh: 1 - alpha, momentum, epsilon, decay }),
    steps: (x, p) => [
      ["slope", of(addOp, x("gradient"), of(mulOp, p("decay"), x("weights")))],
      ["square", of(addOp, of(mulOp, p("alpha"), x("square")), of(mulOp, p("fresh"), of(squareOp, x("new_slope"))))],
      [
        "velocity",
        of(
          addOp,
          of(mulOp, p("momentum"), x("velocity")),
          of(divOp, x("new_slope"), of(addOp, of(sqrtOp, x("new_square")), p("epsilon"))),
        ),
      ],
      ["weights", of(subOp, x("weights"), of(mulOp, p("rate"), x("new_velocity")))],
    ],
  });

type AdamNumbers = "rate" | "step" | "beta1" | "beta2" | "epsilon" | "decay";
type AdamFlags = "decoupled" | "correct";

/** @param most the largest variance so far counts: a state `peak` more */
const adamOf = <S extends string>(name: string, states: readonly S[], most: boolean) =>
  optimiser({
    name,
    states,
    flags: { decoupled: true, correct: true },
    numbers: { rate: 0.001, step: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0 },
    params: ["rate", "beta1", "fresh1", "beta2", "fresh2", "root", "epsilon", "decay", "keep"],
    /** √v̂ + ε over √v: the corrections of bias fold into the rate and into one factor of √v. */
    derive(
      { rate, step, beta1, beta2, epsilon, decay }: { readonly [K in AdamNumbers]: number },
      { decoupled, correct }: { readonly [K in AdamFlags]: boolean },
    ) {
      return {
        rate: rate / (correct ? 1 - beta1 ** step : 1),
        root: 1 / Math.sqrt(correct ? 1 - beta2 ** step : 1),
        ...{ beta1, fresh1: 1 - beta1, beta2, fresh2: 1 - beta2, epsilon },
        decay: decoupled ? 0 : decay,
        keep: decoupled ? 1 - rate * decay : 1,
      };
    },
    steps: (x, p, { decoupled }) => adamSteps(x, p, decoupled, most),
  });

type Names = (name: string) => Expression & object;

function adamSteps(x: Names, p: Names, decoupled: boolean, most: boolean): readonly (readonly [string, Applied])[] {
  const slope = x(decoupled ? "gradient" : "new_slope");
  return [
    ...(decoupled ? [] : [["slope", of(addOp, x("gradient"), of(mulOp, p("decay"), x("weights")))] as const]),
    ["mean", of(addOp, of(mulOp, p("beta1"), x("mean")), of(mulOp, p("fresh1"), slope))],
    ["variance", of(addOp, of(mulOp, p("beta2"), x("variance")), of(mulOp, p("fresh2"), of(squareOp, slope)))],
    ...(most ? [["peak", of(maxOp, x("peak"), x("new_variance"))] as const] : []),
    [
      "move",
      of(divOp, x("new_mean"), of(addOp, of(mulOp, p("root"), of(sqrtOp, x(most ? "new_peak" : "new_variance"))), p("epsilon"))),
    ],
    ["weights", of(subOp, of(mulOp, p("keep"), x("weights")), of(mulOp, p("rate"), x("new_move")))],
  ];
}

/**
 * With mean m and variance v, m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g², w ← w - rate · m̂ / (√v̂ + epsilon), with m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ), t the `step` from 1
 * (`correct: false` leaves both as they are): Kingma and Ba 2015, arXiv:1412.6980. `decay` is added to the gradient, or with `decoupled`
 * (the default) shrinks the weights by 1 - rate · decay first: AdamW, Loshchilov and Hutter 2019, arXiv:1711.05101.
 */
export const adam: Optimiser<"mean" | "variance", AdamNumbers, AdamFlags> = /* @__PURE__ */ adamOf(
  "adam",
  ["mean", "variance"],
  false,
);

/** {@link adam} that divides by the largest v̂ so far, the state `peak`: Reddi, Kale and Kumar 2018, arXiv:1904.09237 */
export const amsgrad: Optimiser<"mean" | "variance" | "peak", AdamNumbers, AdamFlags> = /* @__PURE__ */ adamOf(
  "amsgrad",
  ["mean", "variance", "peak"],
  true,
);
