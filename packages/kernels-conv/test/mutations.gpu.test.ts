// Mistakes that a person could make, made in the emitted texts: parity must see every one.
import { caps, defineKernel, refusal, type Variant } from "@tilewright/runtime";
import type { AnyKernel, KernelCase, Suite } from "@tilewright/runtime/cases";
import { runTrial } from "@tilewright/testing";
import { lane, laneDevice, low } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { convSuite, maxPoolSuite, revealing, revealingDepthwise, revealingPool } from "../src/cases.ts";

type Change = (text: string) => string;
const mistakes: Readonly<Record<string, Change>> = {
  "does nothing": (text) => text.replace(/fn main\([\s\S]*?\) \{\n/, (head) => `${head}  if (p.batch > 0u) { return; }\n`),
  "reads x one further": (text) => text.replaceAll("load_x(", "load_x(1u + "),
  "reads w one further": (text) => text.replaceAll("load_w(", "load_w(1u + "),
  "stores one further": (text) => text.replace(/store_y\(([^,]+),/, "store_y(1u + ($1),"),
  "forgets bias": (text) => text.replace("sum + bias_here", "sum"),
  "takes what lies past an edge": (text) =>
    text
      .replace("return all(at < vec3u(p.xd, p.xh, p.xw));", "return true;")
      .replaceAll("let iny = y < p.xh;", "let iny = true;"),
  "forgets padding": (text) => text.replace("vec3u(p.pd, p.ph, p.pw)", "vec3u(p.pd, p.ph, p.pw + 1u)"),
  "skips the last turn": (text) => text.replaceAll(/\b(k|kk) >= (p\.ci|blocks)\)/g, "$1 + 1u >= $2)"),
  "leaves the last row of a kernel out": (text) => text.replace(/kh < 3u/, "kh < 2u").replace(/kh >= p\.kh/, "kh + 1u >= p.kh"),
  "mistakes a column": (text) =>
    text.replace(/s0_1 = fma\(e1/, "s0_1 = fma(e0").replace("s0_0 = max(s0_0, e1)", "s0_0 = max(s0_0, e0)"),
  // Channels past the last have the last's filter anyway.
  "stores what does not exist over the last that does": (text) =>
    (text.includes("last_here = last;") ? text.replaceAll(/select\(v\d, (v\[\d\]), last_here >= \du\)/g, "$1") : text).replaceAll(
      /s(\d_\d+) = select\(s\d_\d+, s\1, has_v\d\);/g,
      "",
    ),
  "loses NaN": (text) => text.replaceAll(/ m\d_\d+ = max\([^;]*;/g, ""),
  "sums in f16": (text) =>
    text.replaceAll(/(c\d+_\d+|s\d+_\d+|sum) (\+=|= fma\()([^;]*);/g, (_, to, how, rest) =>
      how === "+=" ? `${to} = quantizeToF16(${to} + ${rest});` : `${to} = quantizeToF16(fma(${rest});`,
    ),
};

/** The variant with its text changed. */
function mutate<V extends Variant<string, unknown>>(variant: V, change: Change): V {
  if (!("wgsl" in variant)) throw new Error(`${variant.name} has several passes`);
  const { wgsl } = variant;
  return { ...variant, wgsl: (...args: Parameters<typeof wgsl>) => change(wgsl(...args)) };
}

if (low || lane === "node") test.skip("mutations are made in the chrome lane");
else {
  const device = await laneDevice();
  const can = caps(device);
  const on: [Suite, KernelCase][] = [
    ...revealing.map((kase): [Suite, KernelCase] => [convSuite, kase]),
    ...revealingDepthwise.map((kase): [Suite, KernelCase] => [convSuite, kase]),
    ...revealingPool.map((kase): [Suite, KernelCase] => [maxPoolSuite, kase]),
  ];
  for (const [{ kernel }, kase] of on) {
    const problem = kernel.problem(kase.inputs(), kase.options);
    for (const variant of kernel.variants) {
      const tile = variant.tiles.find((each) => !refusal(variant, each, problem, can));
      if (!tile) continue;
      const text = (of: AnyKernel) => of.source(kase.inputs(), kase.options, { variant: variant.name, tile }, can).join();
      for (const [name, change] of Object.entries(mistakes)) {
        if (name.includes("NaN") && kase.keys["data"] !== "nonfinite") continue;
        const mutated = defineKernel({ ...kernel, variants: [mutate(variant, change)] }) as unknown as AnyKernel;
        if (text(mutated) === text(kernel)) continue;
        const path = `${kernel.name} ${variant.name} ${JSON.stringify(kase.keys)} ${name}`;
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
