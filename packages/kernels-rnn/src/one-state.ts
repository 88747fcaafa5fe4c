// What gru and rnn have in common: h is all the state there is.
import { defineKernel } from "@tilewright/runtime";
import { type CellOptions, cost, PARAMS, resolve, type SequenceOptions } from "./problem.ts";
import { cellVariants, sequenceVariants } from "./variants.ts";

type Kind = "gru" | "rnn";

export const overSteps = <Options extends SequenceOptions>(kind: Kind) =>
  defineKernel({
    name: kind,
    operands: {
      ...({ x: "in", w: "in", r: "in", bias: "in?", rBias: "in?" } as const),
      ...({ lengths: "in?", h0: "in?", y: "out", hn: "out" } as const),
    },
    params: PARAMS,
    resolve(given, options: Options) {
      const { outputs, ...rest } = resolve(kind, kind, false, given, options);
      return { ...rest, outputs: { y: outputs.y, hn: outputs.hn } };
    },
    variants: sequenceVariants,
    proof: async () => (await import("./proof.ts")).proof("y", "hn"),
    cost,
  });

export const oneStep = <Options extends CellOptions>(kind: Kind) =>
  defineKernel({
    name: `${kind}Cell`,
    operands: { x: "in", w: "in", r: "in", bias: "in?", rBias: "in?", h0: "in?", hn: "out" },
    params: PARAMS,
    resolve(given, options: Options) {
      const { outputs, ...rest } = resolve(`${kind}Cell`, kind, true, given, options);
      return { ...rest, outputs: { hn: outputs.hn } };
    },
    variants: cellVariants,
    proof: async () => (await import("./proof.ts")).proof("hn"),
    cost,
  });
