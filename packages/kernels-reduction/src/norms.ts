// The normalisations: which elements make a row, and which gamma is whose.
import { countOf, fail, type Kernel, showShape } from "@tilewright/runtime";
import { broadcastGroups } from "./broadcast.ts";
import { axesOf } from "./layout.ts";
import {
  type BatchNormTrainingOptions,
  type Given,
  type LayerNormOptions,
  type Norm,
  type NormOptions,
  type NormParam,
  type NormSpec,
  norm,
  type Plan,
  type TRAINING,
} from "./normalize.ts";

const trim = (shape: readonly number[]) =>
  shape.slice(
    Math.max(
      0,
      shape.findIndex((d) => d !== 1),
    ),
  );

/** Layer and RMS norm: gamma has the normalised dimensions, or a single element, or any shape that broadcasts to x. */
function overAxes(name: string) {
  return ({ x, ...given }: Given, { axes: wanted = -1 }: LayerNormOptions): Plan => {
    const { shape } = x;
    const axes = axesOf(name, shape.length, wanted);
    const inner = axes.map((d) => shape[d]!);
    const n = countOf(inner);
    const element: Plan = { shape, axes, groups: 1, per: 0, span: 1, by: "element" };
    let found: Plan | undefined;
    for (const [operand, type] of Object.entries(given)) {
      if (!type || operand === "residual") continue;
      const count = countOf(type.shape);
      const own = trim(type.shape);
      let one: Plan;
      if (count === n && `${own}` === `${trim(inner)}`) one = element;
      else if (count === 1) one = { ...element, span: n, by: "row" };
      else {
        const { across, sizes } = broadcastGroups(name, operand, type, shape);
        const [, groups = 1, per = 1, span = 1] = sizes;
        one = { ...element, groups, per, span, by: "broadcast", across };
      }
      if (found && `${Object.values(found)}` !== `${Object.values(one)}`)
        fail(
          name,
          "shape",
          `${operand} is ${showShape(type.shape)}, which is not the shape of the others: gamma, beta and bias must agree.`,
        );
      found = one;
    }
    return found ?? element;
  };
}

/**
 * (x − mean) / √(variance + epsilon) · gamma + beta over the last axis, or `axes`: Ba, Kiros and Hinton 2016, arXiv:1607.06450. With a residual or a bias
 * (one number for each normalised element) they are added to x first, and `sum: true` gives that too. Gamma, beta and bias are [normalised dimensions].
 * Epsilon is 1e-5 unless given; moments are float32 and nothing cancels, whatever the mean.
 */
export const layerNorm: Norm<LayerNormOptions> = /* @__PURE__ */ norm(
  "layerNorm",
  false,
  ["axes", "sum"],
  /* @__PURE__ */ overAxes("layerNorm"),
  "elements",
);

/** x / √(mean of x² + epsilon) · gamma: Zhang and Sennrich 2019, arXiv:1910.07467. Otherwise as {@link layerNorm}. */
export const rmsNorm: Norm<LayerNormOptions> = /* @__PURE__ */ norm(
  "rmsNorm",
  true,
  ["axes", "sum"],
  /* @__PURE__ */ overAxes("rmsNorm"),
  "elements",
);

export interface ChannelNormOptions extends NormOptions {
  /** x is [N, ..., C] instead of [N, C, ...]. Default false. */
  channelsLast?: boolean | undefined;
}

export interface GroupNormOptions extends ChannelNormOptions {
  /** Applied last: x · sigmoid(x), as diffusion models have it. */
  activation?: "silu" | undefined;
  /** How many groups of channels. */
  groups: number;
}

/** The channels of x, and that gamma and beta are one for each. */
function channelsOf(name: string, { x, ...given }: Given, last: boolean): number {
  const { shape } = x;
  if (shape.length < 2) fail(name, "shape", `x is ${showShape(shape)}; needed is [N, C, ...], or [N, ..., C] with channelsLast.`);
  const channels = shape.at(last ? -1 : 1)!;
  for (const [operand, type] of Object.entries(given))
    if (type && operand !== "residual" && operand !== "running" && countOf(type.shape) !== channels)
      fail(name, "shape", `${operand} is ${showShape(type.shape)}; needed is [${channels}], one for each channel.`);
  return channels;
}

/** Each channel of each sample by itself: Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022. x is [N, C, ...]; gamma and beta are [C]. */
export const instanceNorm: Norm<ChannelNormOptions> = /* @__PURE__ */ norm(
  "instanceNorm",
  false,
  ["channelsLast"],
  (given, { channelsLast = false }) => {
    const channels = channelsOf("instanceNorm", given, channelsLast);
    const { shape } = given.x;
    const inner = shape.map((_, d) => d).slice(channelsLast ? 1 : 2, channelsLast ? -1 : undefined);
    return { shape, axes: inner, groups: channels, per: 1, span: countOf(inner.map((d) => shape[d]!)), by: "row" };
  },
);

/** Groups of channels of each sample: Wu and He 2018, arXiv:1803.08494. x is [N, C, ...]; gamma and beta are [C]. */
export const groupNorm: Norm<GroupNormOptions> = /* @__PURE__ */ norm(
  "groupNorm",
  false,
  ["channelsLast", "groups", "activation"],
  (given, { groups, channelsLast = false }) => {
    const channels = channelsOf("groupNorm", given, channelsLast);
    if (!Number.isInteger(groups) || groups < 1 || channels % groups)
      fail("groupNorm", "shape", `groups is ${groups}; needed is a divisor of the ${channels} channels.`);
    const { shape } = given.x;
    const per = channels / groups;
    const area = countOf(channelsLast ? shape.slice(1, -1) : shape.slice(2));
    return channelsLast
      ? { shape: [shape[0]!, area, groups, per], axes: [1, 3], groups, per, span: per, by: "rule", modulo: true }
      : { shape: [shape[0]!, groups, per, area], axes: [2, 3], groups, per, span: area, by: "rule" };
  },
);

export type BatchNormTraining = Kernel<typeof TRAINING, NormParam, BatchNormTrainingOptions, NormSpec>;

/**
 * Each channel by its mean and variance over all samples: Ioffe and Szegedy 2015, arXiv:1502.03167. x is [N, C, ...], gamma and beta [C]. `statistics` [2, C] are the means, then the
 * (population) variances; with `running` [2, C] they are momentum · running + (1 − momentum) · these.
 */
export const batchNormTraining: BatchNormTraining = /* @__PURE__ */ norm<BatchNormTrainingOptions>(
  "batchNormTraining",
  false,
  ["channelsLast", "momentum"],
  (given, { channelsLast = false }) => {
    const channels = channelsOf("batchNormTraining", given, channelsLast);
    if (given.running && `${given.running.shape}` !== `2,${channels}`)
      fail(
        "batchNormTraining",
        "shape",
        `running is ${showShape(given.running.shape)}; needed is [2,${channels}]: means, then variances.`,
      );
    const { shape } = given.x;
    const axes = shape.map((_, d) => d).filter((d) => d !== (channelsLast ? shape.length - 1 : 1));
    return { shape, axes, groups: channels, per: 1, span: countOf(axes.map((d) => shape[d]!)), by: "row" };
  },
  "training",
) as unknown as BatchNormTraining;
