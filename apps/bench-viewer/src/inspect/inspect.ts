// In the worker: a call planned on the device, and all that can be said of it.
import { caps, refusal, showTile, sizeOf, type TensorType, variantsOf } from "@tilewright/runtime";
import { type AnyKernel, casePath, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { playground, type Turn } from "./playground.ts";
import type { Asked, Catalogue, Inspected, Operand, Stage } from "./question.ts";

const ANY = "*"; // the variant is a choice of its own

const pathOf = (kernel: AnyKernel, kase: KernelCase): string => casePath(kernel.name, ANY, kase);

export const catalogue = (suites: readonly Suite[]): Promise<readonly Catalogue[]> =>
  Promise.all(suites.map((suite) => entryOf(suite, suites)));

async function entryOf({ kernel, cases, sizes }: Suite, suites: readonly Suite[]): Promise<Catalogue> {
  return {
    kernel: suites.some((other) => other.kernel !== kernel && other.kernel.name === kernel.name)
      ? `${kernel.name} (${Object.keys(kernel.operands).join(", ")})`
      : kernel.name,
    // A size may be a case too.
    cases: [...new Map([...sizes, ...cases].map((kase) => [pathOf(kernel, kase), kase]))].map(([path, kase]) => ({
      path,
      options: asJson(kase.options),
      timed: sizes.some((size) => pathOf(kernel, size) === path),
    })),
    variants: (await variantsOf(kernel)).map(({ name, tiles }) => ({ name, tiles: tiles.map(showTile) })),
  };
}

/** Undefined where JSON would not hold all of it. */
function asJson(options: object): string | undefined {
  const plain = (value: unknown): boolean =>
    value === undefined ||
    value === null ||
    ["string", "boolean"].includes(typeof value) ||
    (typeof value === "number" && Number.isFinite(value)) ||
    (Array.isArray(value) && value.every(plain)) ||
    (Object.getPrototypeOf(value) === Object.prototype && Object.values(value as object).every(plain));
  return plain(options) ? JSON.stringify(options) : undefined;
}

export async function inspect(device: GPUDevice, suites: readonly Suite[], asked: Asked): Promise<Inspected> {
  const found = suites
    .flatMap(({ kernel, cases, sizes }) => [...cases, ...sizes].map((kase) => ({ kernel, kase })))
    .find(({ kernel, kase }) => pathOf(kernel, kase) === asked.path);
  if (!found) throw new Error(`there is no case ${asked.path}`);
  const { kernel, kase } = found;
  const options = asked.options === undefined ? kase.options : parsed(asked.options);
  const inputs = kase.inputs();
  const variants = await variantsOf(kernel);
  const named = variants.find(({ name }) => name === asked.variant);
  const wanted = named?.tiles.find((tile) => showTile(tile) === asked.tile);
  const start = performance.now();
  const plan = await kernel.plan(device, inputs, options, { variant: named?.name, tile: wanted });
  const compileMs = performance.now() - start;
  plan.destroy();
  const { variant, tile, problem, scratch, stages } = plan;
  const can = caps(device);

  const texts = await kernel.source(inputs, options, { variant: variant.name, tile }, { ...can, immediates: false });
  const turns = turnsOf(plan);
  const reflect = await reader();
  const operands: Operand[] = [
    ...Object.entries(kernel.operands).flatMap(([name, role]) => rowOf(name, role, problem.types[name])),
    ...Object.entries(scratch).flatMap(([name, type]) => rowOf(name, "scratch", type)),
  ];
  return {
    path: asked.path,
    variant: variant.name,
    tile: showTile(tile),
    ...plan.cost,
    dispatches: turns.length,
    workgroupBytes: variant.needs(tile, problem.spec).workgroupBytes ?? 0,
    operands,
    params: Object.entries(kernel.params).map(([name, type]) => ({ name, type, value: problem.params[name]! })),
    stages: stages.map(({ code, pass }, at): Stage => {
      const count = pass.workgroups(problem, tile);
      return { code, ...reflect(code), workgroups: grid(count), times: turns.filter((turn) => turn.stage === at).length };
    }),
    refusals: Object.fromEntries(
      variants.flatMap((one) => {
        const why = one.tiles.map((each) => refusal(one, each, problem, can));
        return why.every(Boolean) ? [[one.name, why[0]!]] : [];
      }),
    ),
    compileMs,
    playground: playground({
      title: `${asked.path.replace(`/${ANY}/`, `/${variant.name}/`)} ${showTile(tile)}`,
      kernel,
      problem,
      inputs,
      scratch,
      stages: stages.map(({ bindings, pass }, at) => ({
        code: texts[at]!,
        bindings,
        workgroups: grid(pass.workgroups(problem, tile)),
      })),
      turns,
    }),
  };
}

function parsed(text: string): object {
  const options: unknown = JSON.parse(text);
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw new Error("options are a JSON object");
  return options;
}

const rowOf = (name: string, role: string, type: TensorType | undefined): Operand[] =>
  type ? [{ name, role, dtype: type.dtype, shape: type.shape, bytes: sizeOf(type) }] : [];

/** As the runtime lays a count of workgroups over x and y. */
function grid(count: number): readonly [number, number] {
  const rows = Math.ceil(count / 65535);
  return [Math.ceil(count / (rows || 1)), rows];
}

type Planned = Awaited<ReturnType<AnyKernel["plan"]>>;

/** Dispatches in their order: one by one, but neighbouring passes that repeat take turns, as often as the first of them says. */
function turnsOf({ stages, problem, tile }: Planned): readonly Turn[] {
  const turns: Turn[] = [];
  stages.forEach(({ pass: { repeat } }, stage) => {
    if (!repeat) turns.push({ stage, set: {} });
    else if (!stages[stage - 1]?.pass.repeat)
      for (let step = 0; step < repeat.times(problem, tile); step++)
        for (let at = stage; stages[at]?.pass.repeat; at++)
          turns.push({ stage: at, set: { [stages[at]!.pass.repeat!.param]: step } });
  });
  return turns;
}

/** Reads bindings and sizes out of a text; its library comes with the first. */
async function reader(): Promise<(code: string) => Pick<Stage, "bindings" | "size" | "shared">> {
  const { WgslReflect } = await import("wgsl_reflect");
  return (code) => {
    const shared = [...code.matchAll(/^var<workgroup> (.*);/gm)].map(([, text]) => text!);
    const size = /@workgroup_size\(([^)]*)\)/.exec(code)?.[1] ?? "";
    try {
      // It knows neither the enable lines of all extensions nor subgroup matrices: of those texts it reads the header.
      const readable = code.replace(/^(enable|diagnostic).*$/gm, "").replace(/^alias \w+ = subgroup_matrix[\s\S]*/m, "");
      const { storage, uniforms, immediates } = new WgslReflect(readable);
      const row = (kind: string) => (one: (typeof storage)[number]) => ({
        binding: kind === "immediate" ? "–" : `${one.group}, ${one.binding}`,
        name: one.name,
        kind: kind || `storage, ${one.access}`,
        type: one.type.getTypeName().replace(/, 0>$/, ">"),
      });
      const bindings = [...storage.map(row("")), ...uniforms.map(row("uniform")), ...immediates.map(row("immediate"))];
      return { bindings, size, shared };
    } catch {
      return { bindings: undefined, size, shared };
    }
  };
}
