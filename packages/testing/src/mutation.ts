import { caps, defineKernel, refusal, type Tile, type Variant, variantsOf } from "@tilewright/runtime";
import type { AnyKernel, KernelCase, Suite } from "@tilewright/runtime/cases";
import { type Outcome, runTrial } from "./parity.ts";
import { shapesOf } from "./trials.ts";

type AnyVariant = Variant<string, unknown>;

/** A mistake that a person could make, made in the emitted text. Where it finds nothing to change it does not apply. */
export interface Mutation {
  readonly name: string;
  change(text: string): string;
}

/** The first load of x that names its index plainly. */
const further = (x: string) => (text: string) =>
  text
    .replace(`return ${x}[i]`, `return ${x}[i + 1u]`)
    .replace(new RegExp(`\\bload_${x}\\((?=[\\w. +*]+\\))`), `load_${x}(1u + `);

const LOOP_END = /\b((?!kk)\w+) >= (p\.k|blocks|chunks)\) \{ break; \}/g;

export const mutations: readonly Mutation[] = [
  {
    name: "does nothing",
    change: (text) => {
      const groups = /@builtin\(num_workgroups\) (\w+):/.exec(text)?.[1];
      return groups ? text.replace(/fn main\([\s\S]*?\) \{\n/, (head) => `${head}  if (${groups}.x > 0u) { return; }\n`) : text;
    },
  },
  { name: "drops the first barrier", change: (text) => text.replace("workgroupBarrier();", "") },
  { name: "drops the last barrier", change: (text) => text.replace(/workgroupBarrier\(\);(?![\s\S]*workgroupBarrier)/, "") },
  { name: "reads a one further", change: further("a") },
  { name: "reads b one further", change: further("b") },
  { name: "reads weights one further", change: further("weights") },
  { name: "reads scales one further", change: further("scales") },
  { name: "forgets the zero", change: (text) => text.replaceAll(" - scale.y)", ")") },
  { name: "stores one further", change: (text) => text.replace(/\bstore_c\(([^,]+), /, "store_c(($1) + 1u, ") },
  { name: "reads x one further", change: further("x") },
  { name: "stores y one further", change: (text) => text.replace(/\bstore_y\(([^,()]+), /, "store_y(($1) + 1u, ") },
  { name: "leaves the last piece out", change: (text) => text.replace("< pieces)", "+ 1u < pieces)") },
  { name: "mistakes a dimension", change: (text) => text.replace("i % p.d0;", "i % (p.d0 + 1u);") },
  { name: "mistakes a coordinate", change: (text) => text.replace(/let c1 = (r1|i)\b/, "let c1 = c0") },
  { name: "skips the last turn", change: (text) => text.replaceAll(LOOP_END, "$1 + 1u >= $2) { break; }") },
  { name: "skips the tail", change: (text) => text.replace(/if \(kk >= p\.k\)/, "if (kk + 1u >= p.k)") },
  {
    name: "leaves the last row out",
    change: (text) =>
      text
        .replace("row >= p.m", "row + 1u >= p.m")
        .replace("i < count", "i + p.n < count")
        .replace("row + i < p.m", "row + i + 1u < p.m")
        .replaceAll(/(put\([^,]*\bmatrix, min\(row \+ \d+u, p\.m) - 1u/g, "$1 - 2u"),
  },
  { name: "forgets bias", change: (text) => text.replace(/ \+ load_bias\((?:[^()]|\([^()]*\))*\)/, "") },
  { name: "forgets alpha", change: (text) => text.replace("p.alpha * sum", "sum") },
  {
    name: "sums in f16",
    change: (text) =>
      text
        .replaceAll(/ = fma\(([^;]*)\);/g, " = quantizeToF16(fma($1));")
        .replaceAll(/([cf]\d+_\d+) \+= (?!vec4i|dots)([^;]*);/g, "$1 = quantizeToF16($1 + $2);")
        .replaceAll(text.includes("var sum = 0;") ? /(?!)/g : /\bsum \+= ([^;]*);/g, "sum = quantizeToF16(sum + $1);"),
  },
  // of attention
  { name: "reads q one further", change: (text) => text.replace("load_q(row", "load_q(1u + row") },
  { name: "reads k one further", change: (text) => text.replace("load_k(row", "load_k(1u + row") },
  { name: "reads v one further", change: (text) => text.replace("load_v(row", "load_v(1u + row") },
  { name: "stores out one further", change: (text) => text.replace("store_out(row", "store_out(1u + row") },
  { name: "sees a key too many", change: (text) => text.replace("position + p.right + 1", "position + p.right + 2") },
  { name: "sees a key too few", change: (text) => text.replace("position + p.right + 1", "position + p.right") },
  { name: "does not rescale", change: (text) => text.replace("exp2(top - most)", "exp2(most - most)") },
  { name: "forgets the scale of scores", change: (text) => text.replace("(p.scale * LOG2E)", "LOG2E") },
  {
    name: "takes one head for another",
    change: (text) => text.replace("h / p.group", "0u").replace("let head = group / tiles % shared_heads;", "let head = 0u;"),
  },
  { name: "swaps the wrong lanes", change: (text) => text.replaceAll("quadSwapY(", "quadSwapX(") },
  // of integers
  { name: "forgets a's zero points", change: (text) => text.replace(/(fn a_zero\([^)]*\) -> i32 \{ return ).*;/, "$10;") },
  { name: "forgets b's zero points", change: (text) => text.replace(/(fn b_zero\([^)]*\) -> i32 \{ return ).*;/, "$10;") },
  { name: "forgets c's zero point", change: (text) => text.replace(" + f32(load_zero(0u))", "") },
  { name: "forgets the scale", change: (text) => text.replace(/ \* load_scale\((?:[^()]|\([^()]*\))*\)/, "") },
  { name: "rounds down", change: (text) => text.replace("round(x)", "floor(x)") },
  { name: "saturates early", change: (text) => text.replace("(255.0)", "(254.0)") },
  { name: "keeps sums in f32 for too long", change: (text) => text.replaceAll(/\b64u(?= \* part|; i\+\+)/g, "0x4000u") },
];

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
  run(device: GPUDevice): Promise<Outcome>;
}

export interface MutationHow {
  /** What is done to the texts, by name; the mistakes that all kernels invite unless given. */
  readonly mistakes?: Readonly<Record<string, Mutation["change"]>> | undefined;
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
  const changes = mistakes ? Object.entries(mistakes).map(([name, change]) => ({ name, change })) : mutations;
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
    return async (title: string, changed: AnyVariant) => {
      if (!tile) return;
      const mutated = defineKernel({ ...kernel, variants: [changed] }) as unknown as AnyKernel;
      right ??= text(kernel);
      if ((await right) === (await text(mutated))) return;
      const suite = { kernel: mutated, cases: [kase], sizes: [] };
      list.push({ title, run: (gpu) => runTrial(gpu, { path: title, suite, kase, variant: changed, tile, skip: undefined }) });
    };
  };
  for (const variant of await variantsOf(kernel)) {
    const add = on(kase, variant);
    for (const { name, change } of changes) await add(`${variant.name} ${name}`, mutate(variant, change));
    if (!flips) continue;
    const turn = on(flips.kase, variant);
    for (const option of flips.options) await turn(`${variant.name} mistakes ${option}`, flip(variant, option));
  }
  return list;
}
