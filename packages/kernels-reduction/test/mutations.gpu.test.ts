// Mistakes that a person could make, made in the emitted texts: parity must see every one.
import { caps, defineKernel, refusal, type Variant } from "@tilewright/runtime";
import type { AnyKernel, KernelCase, Suite } from "@tilewright/runtime/cases";
import { runTrial } from "@tilewright/testing";
import { lane, laneDevice, low } from "@tilewright/testing/gpu";
import { describe, expect, test } from "vitest";
import { layerNormSuite, sumSuite } from "../src/cases.ts";

const mutations: Readonly<Record<string, (text: string) => string>> = {
  "does nothing": (text) => text.replace(/(fn main\([\s\S]*?\) \{\n)/, "$1  if (p.n > 0u) { return; }\n"),
  "reads one further": (text) => text.replace("return x[i]", "return x[i + 1u]"),
  "stores one further": (text) => text.replace("{ y[i] = ", "{ y[i + 1u] = "),
  "leaves the ragged end out": (text) => text.replace("(p.n + 3u) >> 2u", "p.n >> 2u"),
  "counts what is not there": (text) => text.replace("index(k) < vec4u(p.n)", "vec4<bool>(true)"),
  "loses a component": (text) => text.replace(".zwxy", ".yxwz"),
  "merges one share less": (text) => text.replace("var i = 1u; i <", "var i = 2u; i <"),
  "drops a lane's neighbour": (text) => text.replace("subgroupShuffleXor(s.sum, 1u << i)", "s.sum"),
  "leaves the last row out": (text) =>
    text.replace("unit >= p.rows", "unit + 1u >= p.rows").replace("unit < units", "unit + 1u < units"),
  "sums in f16": (text) =>
    text
      .replace("State(s.sum + select(V(), x, ok))", "State(quantizeToF16(s.sum + select(V(), x, ok)))")
      .replace("State(count, mean, squares)", "State(count, quantizeToF16(mean), squares)"),
};

type AnyVariant = Variant<string, unknown>;

function mutate(variant: AnyVariant, change: (text: string) => string): AnyVariant {
  const changed = <T extends { wgsl: unknown }>(pass: T): T => ({
    ...pass,
    wgsl: (...args: never[]) => change((pass.wgsl as (...args: never[]) => string)(...args)),
  });
  return "passes" in variant ? { ...variant, passes: variant.passes.map(changed) } : changed(variant);
}

const of = ({ cases }: Suite, x: string) => cases.find((kase) => kase.keys["x"] === x && kase.dtype === "f32")!;
const subjects: readonly (readonly [Suite, KernelCase])[] = [
  [sumSuite, of(sumSuite, "33x131")],
  [layerNormSuite, of(layerNormSuite, "7x5")],
];

// One lane is enough, and Node's driver takes seconds to compile a changed text.
if (low || lane === "node") test.skip("mutations are made in the chrome lane");
else {
  const device = await laneDevice();
  describe.each(subjects.map(([suite, kase]) => [suite.kernel.name, suite, kase] as const))("%s", (_, { kernel }, kase) => {
    const problem = kernel.problem(kase.inputs(), kase.options);
    const list = kernel.variants.flatMap((variant) =>
      Object.entries(mutations).flatMap(([name, change]) => {
        const tile = variant.tiles.find((t) => !refusal(variant, t, problem, caps(device)));
        if (!tile) return [];
        const changed = mutate(variant, change);
        const mutated = defineKernel({ ...kernel, variants: [changed] }) as unknown as AnyKernel;
        const text = (one: AnyKernel) =>
          one.source(kase.inputs(), kase.options, { variant: variant.name, tile }, caps(device)).join();
        if (text(kernel) === text(mutated)) return [];
        const suite = { kernel: mutated, cases: [kase], sizes: [] };
        return [
          [`${variant.name} ${name}`, { suite, kase: { ...kase }, variant: changed, tile, path: name, skip: undefined }] as const,
        ];
      }),
    );

    test.for(list)("%s, and is caught", async ([, trial]) => {
      const { status, reason } = await runTrial(device, trial);
      expect(status).toBe("failed");
      expect(reason).not.toMatch(/did not compile/);
    });
  });
}
