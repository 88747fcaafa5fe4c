import { type Caps, stateOf } from "./caps.ts";
import { fail } from "./error.ts";
import type { Definition, Operands } from "./kernel.ts";
import { type ListedVariant, type Problem, type Tile, type Variant, variantOf, variantsOf } from "./variant.ts";

/** What a caller may decide himself. */
export interface Choice {
  /** By name; the kernel's own choice unless given. */
  readonly variant?: string | undefined;
  readonly tile?: Tile | undefined;
}

export const showTile = (tile: Tile): string => Object.values(tile).join("x");

export const showNamed = (tile: Tile): string =>
  Object.keys(tile)
    .sort()
    .map((key) => `${key}=${tile[key]}`)
    .join(",");

/** What a choice goes by: a kernel, its types forgotten. */
export type Chosen = Pick<Definition<Operands, string, never, unknown>, "name" | "operands" | "params" | "variants" | "tuneBy">;

/** What a tune table says of a problem, if anything: a variant and a tile that the kernel has and the device can run. */
export type Tuned = (kernel: Chosen, problem: Problem) => Promise<Choice | undefined>;

/** The caller's choice; where he made none, that of the device's tune table (see `@tilewright/runtime/tune`), if it has one. */
export const choiceOn = async (device: GPUDevice, kernel: Chosen, problem: Problem, choice: Choice = {}): Promise<Choice> =>
  choice.variant || choice.tile ? choice : ((await stateOf(device).tuned?.(kernel, problem)) ?? choice);

/** Why a device cannot run a variant with a tile on a problem, if so. */
export function refusal<P extends string, Spec>(
  variant: Variant<P, Spec>,
  tile: Tile,
  problem: Problem<P, Spec>,
  can: Caps,
): string | undefined {
  const { invocations, workgroupBytes = 0, subgroups, subgroupMatrix } = variant.needs(tile, problem.spec);
  if (subgroups && !can.subgroups) return "it needs the device feature subgroups";
  if (subgroupMatrix && !can.subgroupMatrices.split(", ").includes(subgroupMatrix))
    return `it needs subgroup matrices of ${subgroupMatrix}; this device has ${can.subgroupMatrices || "none"}`;
  if (invocations > can.maxInvocations)
    return `it needs ${invocations} threads a workgroup; this device allows ${can.maxInvocations}`;
  if (workgroupBytes > can.maxWorkgroupBytes)
    return `it needs ${workgroupBytes} bytes of workgroup memory; this device allows ${can.maxWorkgroupBytes}`;
  return variant.refuses?.(problem, can, tile);
}

/**
 * The variant and tile asked for; else the first variant that suits the problem, else the first that can do it,
 * with the tile it prefers, or its first that the device can run.
 * @throws KernelError `feature`
 */
export async function choose<P extends string, Spec>(
  kernel: { readonly name: string; readonly variants: readonly ListedVariant<P, Spec>[] },
  problem: Problem<P, Spec>,
  can: Caps,
  { variant: wanted, tile: given }: Choice,
): Promise<{ variant: Variant<P, Spec>; tile: Tile }> {
  const { name, variants } = kernel;
  const named = variants.filter((variant) => !wanted || variant.name === wanted);
  if (!named[0]) fail(name, "feature", `there is no variant "${wanted}"; there are ${variants.map((v) => v.name).join(", ")}.`);
  if (given) {
    const all = await variantsOf({ variants: named });
    if (!all.some(({ tiles }) => tiles.some((tile) => showNamed(tile) === showNamed(given))))
      fail(
        name,
        "feature",
        `no variant has a tile of ${showNamed(given)}; ${all.map((v) => `${v.name} has ${v.tiles.map(showNamed).join(" or ")}`).join("; ")}.`,
      );
  }
  let why = "";
  for (const way of [...named.filter((v) => wanted || v.when(problem, can)), ...named]) {
    const variant = await variantOf(way);
    const first = showNamed(given ?? variant.prefer?.(problem, can) ?? variant.tiles[0]!);
    for (const tile of [...variant.tiles.filter((t) => showNamed(t) === first), ...(given ? [] : variant.tiles)]) {
      const reason = refusal(variant, tile, problem, can);
      if (!reason) return { variant, tile };
      why = `variant "${variant.name}" with tile ${showTile(tile)} does not run here: ${reason}.`;
    }
  }
  return fail(name, "feature", why);
}
