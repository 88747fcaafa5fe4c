// Mistakes that a person could make, made in the emitted texts of every pass: parity must see every one.
import { caps, defineKernel, refusal, type Variant } from "@tilewright/runtime";
import type { AnyKernel, KernelCase, Suite } from "@tilewright/runtime/cases";
import { runTrial } from "@tilewright/testing";
import { lane, laneDevice, low } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { gruSuite, lstmSuite, revealing } from "../src/cases.ts";

type Change = (text: string) => string;
const mistakes: Readonly<Record<string, Change>> = {
  "does nothing": (text) => text.replace(/fn main\([\s\S]*?\) \{\n/, (head) => `${head}  if (p.b > 0u) { return; }\n`),
  "leaves the last step out": (text) => text.replace("if (s >= p.t)", "if (s + 1u >= p.t)"),
  "reads the state it writes": (text) => text.replace("let old_half = (s & 1u)", "let old_half = ((s + 1u) & 1u)"),
  "forgets lengths": (text) => text.replace("min(u32(load_lengths(b)), p.t)", "p.t"),
  "goes forward only": (text) => text.replace("let back = dir == 1u", "let back = false"),
  "forgets h0": (text) => text.replaceAll("load_h0(", "0.0 * load_h0("),
  "forgets c0": (text) => text.replaceAll("load_c0(", "0.0 * load_c0("),
  "forgets peepholes": (text) => text.replace("unit) * old.c", "unit) * 0.0"),
  "forgets a bias": (text) => text.replace("return load_bias(row) +", "return"),
  "forgets the inner bias": (text) =>
    text.replace(/if \(which == GATES\) \{ return .*?; \}/, "if (which == GATES) { return 0.0; }"),
  "leaves the last four of a row out": (text) => text.replaceAll("if (k >= count)", "if (k + 1u >= count)"),
  "takes one gate for another": (text) => text.replace(/let (f|keep) = act0\(z1/, "let $1 = act0(z0"),
  "mixes the other way": (text) => text.replace("- keep) * n + keep * h", "- keep) * h + keep * n"),
  "stores y one further": (text) => text.replaceAll(/out_y\((y\d+) \+/g, "out_y($1 + 1u +"),
  "drops the barriers": (text) => text.replaceAll("workgroupBarrier();", ""),
  "sums in f16": (text) => text.replaceAll(/(a\d+_\d+_\d+) \+= (dot\([^;]*\));/g, "$1 = quantizeToF16($1 + $2);"),
};

/** The variant with the text of every pass changed. */
function mutate<V extends Variant<string, unknown>>(variant: V, change: Change): V {
  if (!("passes" in variant)) throw new Error(`${variant.name} has one pass`);
  const passes = variant.passes.map((pass) => ({
    ...pass,
    wgsl: (...args: Parameters<typeof pass.wgsl>) => change(pass.wgsl(...args)),
  }));
  return { ...variant, passes };
}

if (low || lane === "node") test.skip("mutations are made in the chrome lane");
else {
  const device = await laneDevice();
  const can = caps(device);
  const on: [Suite, KernelCase][] = [
    [lstmSuite, revealing.lstm],
    [gruSuite, revealing.gru],
  ];
  for (const [{ kernel }, kase] of on) {
    const problem = kernel.problem(kase.inputs(), kase.options);
    for (const variant of kernel.variants) {
      const tile = variant.tiles.find((each) => !refusal(variant, each, problem, can));
      if (!tile) continue;
      const text = (of: AnyKernel) => of.source(kase.inputs(), kase.options, { variant: variant.name, tile }, can).join();
      for (const [name, change] of Object.entries(mistakes)) {
        const mutated = defineKernel({ ...kernel, variants: [mutate(variant, change)] }) as unknown as AnyKernel;
        if (text(mutated) === text(kernel)) continue;
        const path = `${kernel.name} ${variant.name} ${name}`;
        test(`${path}, and is caught`, async () => {
          const suite = { kernel: mutated, cases: [kase], sizes: [] };
          const { status, reason } = await runTrial(device, {
            path,
            suite,
            kase,
            variant: mutated.variants[0]!,
            tile,
            skip: undefined,
          });
          expect(status).toBe("failed");
          expect(reason).not.toMatch(/did not compile/);
        });
      }
    }
  }
}
