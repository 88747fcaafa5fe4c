// For test files: a package's parity test is one line, `await parity(suite)`.
import { type Caps, caps, maskCaps } from "@tilewright/runtime";
import { casePath, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { describe, expect, inject, test } from "vitest";
import { budget } from "./budget.ts";
import { testDevice } from "./device.ts";
import { type Mistakes, type MutationHow, mutants } from "./mutation.ts";
import { runTrial } from "./parity.ts";
import { sample, trials } from "./trials.ts";
import "./provided.ts";

export { barriers, bias, idle, lanes, type Mistakes, reads, stores, sums } from "./mutation.ts";

/** Whether this lane masks its devices to the low profile. */
export const low: boolean = inject("low");
export const lane: "node" | "chrome" = inject("lane");
const subgroups = inject("subgroups");

/** This lane's device; a fresh one each call. A lane without an adapter fails here. */
export const laneDevice = (): Promise<GPUDevice> => testDevice(low);

/** A suite's trials, within the lane's budget, as tests whose titles are their paths; what the device lacks is skipped with its reason. */
export async function parity(suite: Suite, mask?: Partial<Caps>): Promise<void> {
  const device = await laneDevice();
  if (mask) maskCaps(device, mask);
  const all = (await trials(suite, caps(device))).filter(
    ({ variant }) =>
      subgroups === "any" || (subgroups === "alone") === variant.tiles.some((tile) => variant.needs(tile).subgroups),
  );
  if (all.length === 0) {
    test.skip(`${suite.kernel.name} has no variant ${subgroups === "alone" ? "that uses" : "without"} subgroups`);
    return;
  }
  const most = budget(device)?.trials;
  const list = most ? sample(all, most) : all;
  describe("parity", () => {
    for (const trial of list) {
      test(trial.path, async (context) => {
        const { status, reason, ratio, code } = await runTrial(device, trial);
        if (status === "skipped") context.skip(reason);
        expect(status, `${reason} (error/bound ${ratio})\n${code?.join("\n")}`).toBe("passed");
      });
    }
  });
  describe("coverage", () => {
    const here = suite.kernel.variants.filter(
      ({ name }) => subgroups === "any" || all.some(({ variant }) => variant.name === name),
    );
    const dtypes = [...new Set(suite.cases.map(({ dtype }) => dtype))];
    const each = !most || most.all.includes("dtype") ? dtypes.map((dtype) => [dtype]) : [dtypes];
    test.for(here.map(({ name }) => name))("%s ran on every dtype that is due, or the device cannot run it", (name) => {
      for (const due of each) {
        const mine = list.filter(({ variant, kase }) => variant.name === name && due.includes(kase.dtype));
        const ran = mine.some(({ skip }) => !skip) || mine.every(({ skip }) => skip?.startsWith("it needs"));
        expect(ran && mine.length > 0, `${name} on ${due}`).toBe(true);
      }
    });
  });
}

/** The mistakes of this file, and whether any text invited them: one that changes nothing would pass for one that is caught. */
const made = new Map<Mistakes[string], { readonly name: string; applies: boolean }>();

/** Every mutant must fail: one that passes shows a mistake that parity would not see. A file of them is a `*mutations.gpu.test.ts`. */
export async function mutation(
  suite: Suite,
  kase: KernelCase,
  /** `only`: titles ("variant mistake") to make, where the case cannot show every mistake. */
  { only = /./, ...how }: MutationHow & { readonly only?: RegExp },
): Promise<void> {
  const device = await laneDevice();
  const list = (await mutants(device, suite, kase, how)).filter(({ title }) => only.test(title));
  if (made.size === 0)
    test("every mistake is made somewhere", () => {
      expect([...made.values()].filter(({ applies }) => !applies).map(({ name }) => name)).toEqual([]);
    });
  for (const [name, change] of Object.entries(how.mistakes)) {
    const applies = list.some(({ mistake }) => mistake === name) || made.get(change)?.applies === true;
    made.set(change, { name, applies });
  }
  describe(`mutations of ${casePath(suite.kernel.name, "*", kase)}`, () => {
    test.for(list.map((mutant) => [mutant.title, mutant] as const))("%s, and is caught", async ([, mutant]) => {
      const { status, reason } = await mutant.run(device);
      expect(status).toBe("failed");
      expect(reason).not.toMatch(/did not compile/);
    });
  });
}
