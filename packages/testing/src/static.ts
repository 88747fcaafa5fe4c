// For test files: what can be said of a kernel's text without running it. Node only: compiles on Dawn's null backend, which needs no driver.
import {
  BEST_CAPS,
  type Caps,
  countOf,
  LOW_PROFILE,
  type Needs,
  refusal,
  showTile,
  type Tile,
  type Variant,
  variantsOf,
} from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";
import { create, globals } from "webgpu";
import { detectRaces, WgslReflect } from "wgsl_reflect";
import { shapesOf } from "./trials.ts";

/** Devices whose texts differ. */
export const PROFILES: Readonly<Record<string, Caps>> = {
  best: BEST_CAPS,
  "no f16": { ...BEST_CAPS, f16: false, subgroupMatrices: "" },
  low: { ...BEST_CAPS, ...LOW_PROFILE },
};

export interface Text {
  readonly title: string;
  readonly code: string;
  readonly can: Caps;
  readonly variant: Variant<string, unknown>;
  /** What the variant says of each tile that gives this text. */
  readonly needs: readonly Needs[];
  readonly operands: readonly string[];
}

/** Every distinct text that the suite's cases give: on the best device with every tile, on the others with the first that they can run. */
export async function texts({ kernel, cases }: Suite): Promise<Text[]> {
  const variants = await variantsOf(kernel);
  const found = new Map<string, Text & { readonly needs: Needs[] }>();
  for (const [profile, can] of Object.entries(PROFILES)) {
    for (const kase of cases) {
      const inputs = shapesOf(kase);
      const problem = kernel.problem(inputs, kase.options);
      if (
        Object.entries(kernel.operands).every(
          ([name, role]) => role === "in" || role === "in?" || (problem.types[name]?.shape.includes(0) ?? true),
        )
      )
        continue; // nothing is recorded
      const operands = Object.keys(kernel.operands).filter(
        (name) => problem.types[name] && !problem.types[name].shape.includes(0),
      );
      for (const variant of variants) {
        const able = variant.tiles.filter((tile) => !refusal(variant, tile, problem, can));
        for (const tile of profile === "best" ? able : able.slice(0, 1)) {
          const passes = await kernel.source(inputs, kase.options, { variant: variant.name, tile }, can);
          for (const [i, code] of passes.entries()) {
            const needs = found.get(code)?.needs ?? [];
            needs.push(variant.needs(tile, problem.spec));
            found.set(code, {
              title: `${kernel.name}/${variant.name} ${showTile(tile)}${passes.length > 1 ? ` pass ${i}` : ""} (${profile})`,
              code,
              can,
              variant,
              needs,
              operands,
            });
          }
        }
      }
    }
  }
  return [...found.values()];
}

/** What is wrong with a text by wgsl_reflect: its bindings are the header's, its workgroup what the variant said, its limits the profile's. */
export function inspect({ code, can, variant, needs, operands }: Text): string[] {
  const wrong: string[] = [];
  // Its bindings alone, which is most of the time spared: the compiler has read all of it.
  const reflect = new WgslReflect(code.match(/^@group.*$/gm)?.join("\n") ?? "");
  const storage = reflect.storage.map(({ name }) => name);
  const known = [...operands, ...("passes" in variant ? storage : [])];
  if (storage.some((name) => !known.includes(name))) wrong.push(`binds ${storage}, but the operands are ${operands}`);
  if (storage.length > Math.min(8, can.maxStorageBuffers)) wrong.push(`binds ${storage.length} storage buffers`);
  reflect.storage.forEach(({ name, binding, group }, i) => {
    if (binding !== i || group !== 0) wrong.push(`${name} is at group ${group}, binding ${binding}; expected 0, ${i}`);
  });
  // What a variant says is the most that any of its passes needs.
  const fits = (found: number, said: readonly number[]) =>
    said.every((one) => ("passes" in variant ? found <= one : found === one));
  const invocations = [...new Set(needs.map((one) => one.invocations))];
  const workgroupBytes = [...new Set(needs.map((one) => one.workgroupBytes ?? 0))];
  const size = /@workgroup_size\((\d+)(?:, *(\d+))?(?:, *(\d+))?\)/.exec(code);
  const threads = [1, 2, 3].reduce((product, i) => product * Number(size?.[i] ?? 1), 1);
  if (!fits(threads, invocations) || threads > can.maxInvocations)
    wrong.push(`has ${threads} threads; it says ${invocations}, the device allows ${can.maxInvocations}`);
  const bytes = [...code.matchAll(/var<workgroup> \w+: array<(f16|f32|u32|vec4f|vec4u|vec2f), (\d+)>/g)].reduce(
    (sum, [, type, count]) => sum + Number(count) * { f16: 2, f32: 4, u32: 4, vec2f: 8, vec4f: 16, vec4u: 16 }[type as "f32"]!,
    0,
  );
  if (!fits(bytes, workgroupBytes) || bytes > can.maxWorkgroupBytes)
    wrong.push(`has ${bytes} bytes of workgroup memory; it says ${workgroupBytes}, the device allows ${can.maxWorkgroupBytes}`);
  if ((code.match(/var<workgroup>/g)?.length ?? 0) > 0 && bytes === 0)
    wrong.push("has workgroup variables of a kind that is not counted");
  return wrong;
}

let gpu: GPU | undefined; // kept: Dawn does not survive its collection

/** A device of Dawn's null backend: checks and compiles everything, runs nothing. */
export async function nullDevice(): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  gpu ??= create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
  const adapter = (await gpu.requestAdapter())!;
  return adapter.requestDevice({
    requiredFeatures: ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix" as GPUFeatureName],
    requiredLimits: { maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup },
  });
}

/**
 * What the compiler says against texts. It reads every one, and makes a pipeline of the first of each variant, tile, pass and profile, for
 * which Dawn reads a text anew, where the null device has the workgroup for it.
 */
async function compileErrors(list: readonly Text[]): Promise<string[]> {
  const device = await nullDevice();
  const { maxComputeInvocationsPerWorkgroup: threads, maxComputeWorkgroupStorageSize: bytes } = device.limits;
  const wrong: string[] = [];
  const made = new Set<string>();
  for (const { title, code, needs } of list) {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code });
    const fits = needs.every((one) => one.invocations <= threads && (one.workgroupBytes ?? 0) <= bytes);
    if (!made.has(title) && fits) device.createComputePipeline({ layout: "auto", compute: { module } });
    made.add(title);
    const error = await device.popErrorScope();
    if (error) wrong.push(`${title}: ${error.message}\n${code}`);
  }
  device.destroy();
  return wrong;
}

/** A package's texts as two tests: all, more than `least`, are what their variants say, and compile. */
export function proveTexts(all: readonly Text[], least: number): void {
  test(`all ${all.length} texts keep to their layout and limits`, () => {
    expect(all.flatMap((text) => inspect(text).map((what) => `${text.title} ${what}`))).toEqual([]);
    expect(all.length).toBeGreaterThan(least);
  });

  test(`all ${all.length} texts compile`, async () => {
    expect((await compileErrors(all)).slice(0, 3).join("\n\n")).toBe("");
  });
}

/**
 * Runs one workgroup of a text in wgsl_reflect's interpreter, which notes every access: how many races it saw.
 * It knows neither subgroups, nor f16, nor immediates, so texts are taken from the low profile.
 * @throws when the interpreter reports errors, since then its verdict says nothing
 */
export async function races(
  { kernel }: Suite,
  kase: KernelCase,
  variant: string,
  tile: Tile,
  change = (text: string): string => text,
): Promise<number> {
  const inputs = kase.inputs();
  const problem = kernel.problem(inputs, kase.options);
  const [code] = await kernel.source(inputs, kase.options, { variant, tile }, PROFILES["low"]);
  const params = new DataView(new ArrayBuffer(64));
  Object.entries(kernel.params).forEach(([name, type], i) => {
    if (type === "f32") params.setFloat32(4 * i, problem.params[name]!, true);
    else params.setUint32(4 * i, problem.params[name]!, true);
  });
  const buffers = Object.keys(kernel.operands).filter((name) => problem.types[name]);
  const group: Record<number, unknown> = { [buffers.length]: { uniform: params.buffer } };
  buffers.forEach((name, i) => {
    group[i] = inputs[name]?.data ?? new Float32Array(countOf(problem.types[name]!.shape));
  });
  const { races: found, errors } = detectRaces(change(code!), "main", [1, 1, 1], { 0: group as Record<string, never> });
  if (errors.length > 0) throw new Error(`the race detector cannot run ${variant}: ${errors[0]}`);
  return found.length;
}
