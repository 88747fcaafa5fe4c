import { caps, defineKernel, refusal, type Tile, type Variant, variantsOf } from "@tilewright/runtime";
import type { AnyKernel, KernelCase, Suite } from "@tilewright/runtime/cases";
import { type Outcome, runTrial } from "./parity.ts";
import { shapesOf } from "./trials.ts";

type AnyVariant = Variant<string, unknown>;

/** Mistakes that a person could make, made in the emitted text, by name. Where one finds nothing to change it does not apply. */
export type Mistakes = Readonly<Record<string, (text: string) => string>>;

/** Every text invites it. */
export const idle: Mistakes = {
  "does nothing": (text) => {
    const known = /@builtin\((?:num_workgroups|workgroup_id)\) (\w+):/.exec(text)?.[1];
    return text.replace(/fn main\([\s\S]*?\) \{\n/, (head) => `${head}  if (${known}.x < 0xffffffffu) { return; }\n`);
  },
};

export const barriers: Mistakes = {
  "drops the first barrier": (text) => text.replace("workgroupBarrier();", ""),
  "drops the last barrier": (text) => text.replace(/workgroupBarrier\(\);(?![\s\S]*workgroupBarrier)/, ""),
};

export const lanes: Mistakes = { "swaps the wrong lanes": (text) => text.replaceAll("quadSwapY(", "quadSwapX(") };

/** In the epilogue of products and convolutions. */
export const bias: Mistakes = { "forgets bias": (text) => text.replace("sum + bias_here", "sum") };

const parentheses = (depth: number): string => `\\((?:[^()]${depth > 1 ? `|${parentheses(depth - 1)}` : ""})*\\)`;
/** WGSL of one argument, parentheses and all. */
const ARGUMENT = `(?:[^(),]|${parentheses(6)})+`;

export const reads = (...operands: readonly string[]): Mistakes =>
  Object.fromEntries(
    operands.map((x) => [
      `reads ${x} one further`,
      (text) => text.replaceAll(RegExp(`\\bload_${x}\\((${ARGUMENT})\\)`, "g"), `load_${x}(1u + ($1))`),
    ]),
  );

export const stores = (operand: string): Mistakes => ({
  [`stores ${operand} one further`]: (text) =>
    text.replaceAll(RegExp(`\\bstore_${operand}\\((${ARGUMENT}),`, "g"), `store_${operand}(1u + ($1),`),
});

/** Of sums of products. */
export const sums: Mistakes = {
  "skips the last turn": (text) =>
    text.replaceAll(/\b((?!kk)\w+) >= (p\.k|blocks|chunks)\) \{ break; \}/g, "$1 + 1u >= $2) { break; }"),
  "sums in f16": (text) =>
    text
      .replaceAll(/ = fma\(([^;]*)\);/g, " = quantizeToF16(fma($1));")
      .replaceAll(/([cf]\d+_\d+) \+= (?!vec4i|dots)([^;]*);/g, "$1 = quantizeToF16($1 + $2);")
      .replaceAll(text.includes("var sum = 0;") ? /(?!)/g : /\bsum \+= ([^;]*);/g, "sum = quantizeToF16(sum + $1);"),
};

/** The variant with its text changed, every pass alike. */
function mutate(variant: AnyVariant, change: (text: string) => string): AnyVariant {
  const changed = <T extends { wgsl: unknown }>(pass: T): T => ({
    ...pass,
    wgsl: (...args: never[]) => change((pass.wgsl as (...args: never[]) => string)(...args)),
  });
  return "passes" in variant ? { ...variant, passes: variant.passes.map(changed) } : changed(variant);
}

/** The variant that believes an option to be the other way round. */
function flip(variant: AnyVariant, option: string): AnyVariant {
  const changed = <T extends { wgsl: unknown }>(pass: T): T => ({
    ...pass,
    wgsl: (spec: Record<string, unknown>, ...rest: never[]) =>
      (pass.wgsl as (...args: unknown[]) => string)({ ...spec, [option]: !spec[option] }, ...rest),
  });
  return "passes" in variant ? { ...variant, passes: variant.passes.map(changed) } : changed(variant);
}

export interface Mutant {
  readonly title: string;
  /** Of the mistakes; none of a flip. */
  readonly mistake?: string;
  run(device: GPUDevice): Promise<Outcome>;
}

export interface MutationHow {
  /** What is done to the texts. */
  readonly mistakes: Mistakes;
  /** Options of the spec that are turned round, one at a time (a wrong transpose), on a case of its own. */
  readonly flips?: { readonly kase: KernelCase; readonly options: readonly string[] } | undefined;
  /** Of which tile a variant's text is, where it is not the first that the device can run: the first that fits. */
  readonly tiles?: ((tile: Tile, variant: string) => boolean) | undefined;
}

/** Every mutation of every variant that the device runs and whose text it changes, on one case that can show them all. */
export async function mutants(
  device: GPUDevice,
  { kernel }: Suite,
  kase: KernelCase,
  { mistakes, flips, tiles = () => true }: MutationHow,
): Promise<Mutant[]> {
  const can = caps(device);
  const list: Mutant[] = [];
  /** Adds mutants of a variant on a case; its problem and the text as it should be are made once. */
  const on = (kase: KernelCase, variant: AnyVariant) => {
    const inputs = shapesOf(kase);
    const problem = kernel.problem(inputs, kase.options);
    const tile = variant.tiles.find((t) => tiles(t, variant.name) && !refusal(variant, t, problem, can));
    const text = async (of: AnyKernel) =>
      (await of.source(inputs, kase.options, { variant: variant.name, tile: tile! }, can)).join();
    let right: Promise<string> | undefined;
    return async (title: string, changed: AnyVariant, mistake?: string) => {
      if (!tile) return;
      const mutated = defineKernel({ ...kernel, variants: [changed] }) as unknown as AnyKernel;
      right ??= text(kernel);
      if ((await right) === (await text(mutated))) return;
      const suite = { kernel: mutated, cases: [kase], sizes: [] };
      list.push({
        title,
        ...(mistake && { mistake }),
        run: (gpu) => runTrial(gpu, { path: title, suite, kase, variant: changed, tile, skip: undefined }),
      });
    };
  };
  for (const variant of await variantsOf(kernel)) {
    const add = on(kase, variant);
    for (const [name, change] of Object.entries(mistakes)) await add(`${variant.name} ${name}`, mutate(variant, change), name);
    if (!flips) continue;
    const turn = on(flips.kase, variant);
    for (const option of flips.options) await turn(`${variant.name} mistakes ${option}`, flip(variant, option));
  }
  return list;
}
