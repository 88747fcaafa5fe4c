// The text of a kernel as any device would get it: fetched when first asked for.
import type { Caps } from "./caps.ts";
import type { Choice } from "./choose.ts";
import { draft } from "./draft.ts";
import type { Definition } from "./kernel.ts";
import type { Problem } from "./variant.ts";

/** All that a modern device has; what `source` shows unless told otherwise. */
export const BEST_CAPS: Caps = {
  f16: true,
  subgroups: true,
  subgroupMatrices: "f16 f16 16x16x16, f16 f32 16x16x16, f16 f32 8x16x16, f32 f32 8x8x8, f16 f16 8x8x8",
  immediates: true,
  timestamps: true,
  dot4: true,
  software: false,
  maxInvocations: 1024,
  maxWorkgroupBytes: 32768,
  maxStorageBuffers: 10,
  maxBinding: 2 ** 31 - 4,
  maxBuffer: 2 ** 31 - 4,
  vendor: "",
  architecture: "",
};

/** The whole shader of each dispatch, as a device with `can` would get it. */
export async function source<P extends string, Spec>(
  definition: Definition<never, P, never, Spec>,
  problem: Problem<P, Spec>,
  how: Choice = {},
  can: Partial<Caps> = {},
): Promise<readonly string[]> {
  const { stages } = await draft(definition as never, problem, { ...BEST_CAPS, ...can }, how);
  return stages.map(({ code }) => code);
}
