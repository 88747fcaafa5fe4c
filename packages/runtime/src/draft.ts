import type { Caps } from "./caps.ts";
import { type Choice, choose } from "./choose.ts";
import type { Definition, Operands } from "./kernel.ts";
import { type Binding, header } from "./shader.ts";
import { sizeOf, type TensorType } from "./tensor.ts";
import type { Pass, Problem, Tile, Variant } from "./variant.ts";

/** A call that is shaped, chosen and written, but not yet compiled. */
export interface Draft<P extends string = string, Spec = unknown> {
  readonly kernel: string;
  readonly label: string;
  readonly problem: Problem<P, Spec>;
  readonly variant: Variant<P, Spec>;
  readonly tile: Tile;
  readonly scratch: { readonly [name: string]: TensorType };
  readonly params: Definition<Operands, P, never, Spec>["params"];
  readonly stages: readonly {
    readonly pass: Pass<P, Spec, Tile>;
    readonly bindings: readonly Binding[];
    readonly code: string;
  }[];
}

/** Chooses, then writes the bindings and the text of every dispatch. */
export async function draft<P extends string, Spec>(
  kernel: Definition<Operands, P, never, Spec>,
  problem: Problem<P, Spec>,
  can: Caps,
  choice: Choice,
): Promise<Draft<P, Spec>> {
  const { variant, tile } = await choose(kernel, problem, can, choice);
  const label = `${kernel.name}/${variant.name}`;
  const scratch = "passes" in variant ? variant.scratch(problem, tile) : {};
  const all: Binding[] = [];
  for (const [name, role] of Object.entries(kernel.operands)) {
    const type = problem.types[name];
    // An empty operand is not bound: WebGPU refuses a binding of no bytes.
    if (type && sizeOf(type))
      all.push({ name, type, reads: !role.startsWith("out"), writes: role === "inout" || role.startsWith("out") });
  }
  for (const [name, type] of Object.entries(scratch)) all.push({ name, type, reads: true, writes: true });
  const passes: readonly Pass<P, Spec, Tile>[] =
    "passes" in variant ? variant.passes.filter((pass) => !pass.skip?.(problem.spec)) : [variant];
  const write = async (pass: Pass<P, Spec, Tile>) => {
    const uses = pass.uses?.(problem.spec);
    const bindings = all.filter(({ name }) => !uses || uses.includes(name));
    const lanes = pass.lanes?.(problem.spec, can) ?? {};
    const top = await header(bindings, kernel.params, lanes, can, variant.needs(tile, problem.spec));
    return { pass, bindings, code: `// ${label}\n${top}${pass.wgsl(problem.spec, tile, can)}` };
  };
  const stages = await Promise.all(passes.map(write));
  return { kernel: kernel.name, label, problem, variant, tile, scratch, params: kernel.params, stages };
}
