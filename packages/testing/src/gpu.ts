// For test files: a package's parity test is one line, `await parity(suite)`.
import { type Caps, caps, maskCaps } from "@tilewright/runtime";
import { casePath, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { describe, expect, inject, test } from "vitest";
import { testDevice } from "./device.ts";
import { type MutationHow, mutants } from "./mutation.ts";
import { runTrial } from "./parity.ts";
import { sample, trials } from "./trials.ts";
import "./provided.ts";

/** Whether this lane masks its devices to the low profile. */
export const low: boolean = inject("low");
export const lane: "node" | "chrome" = inject("lane");
const subgroups = inject("subgroups");

/** This lane's device; a fresh one each call. A lane without an adapter fails here. */
export const laneDevice = (): Promise<GPUDevice> => testDevice(low);

/**
 * Trials of each variant and dtype, every tile aside, on CPU drivers: Node's compiles a pipeline for a second where SwiftShader takes a tenth,
 * and the low lanes change the params' header and take features away, which a few shapes of each text show. Chrome without a mask runs all.
 */
const BUDGET = { chrome: Infinity, node: 2, "chrome-low": 2, "node-low": 1 }[`${lane}${low ? "-low" : ""}` as const];

/** Every trial of a suite as a test whose title is its path; what the device lacks is skipped with its reason. */
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
  const list = caps(device).software ? sample(all, BUDGET) : all;
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
    test.for(here.map(({ name }) => name))("%s ran on every dtype, or the device cannot run it", (name) => {
      const mine = list.filter(({ variant }) => variant.name === name);
      for (const dtype of new Set(suite.cases.map((kase) => kase.dtype))) {
        const all = mine.filter(({ kase }) => kase.dtype === dtype);
        const ran = all.some(({ skip }) => !skip) || all.every(({ skip }) => skip?.startsWith("it needs"));
        expect(ran && all.length > 0, `${name} on ${dtype}`).toBe(true);
      }
    });
  });
}

/**
 * Every mutant must fail: one that passes shows a mistake that parity would not see. One lane is enough, Chrome's: Node's driver takes
 * seconds to compile a changed text.
 */
export async function mutation(
  suite: Suite,
  kase: KernelCase,
  /** `only`: titles ("variant mutation") to make, where the case cannot show every mistake. */
  { only = /./, ...how }: MutationHow & { readonly only?: RegExp } = {},
): Promise<void> {
  const what = `mutations of ${casePath(suite.kernel.name, "*", kase)}`;
  if (low || lane === "node") {
    test.skip(`${what} are made in the chrome lane`);
    return;
  }
  const device = await laneDevice();
  const list = (await mutants(device, suite, kase, how)).filter(({ title }) => only.test(title));
  describe(what, () => {
    test.for(list.map((mutant) => [mutant.title, mutant] as const))("%s, and is caught", async ([, mutant]) => {
      const { status, reason } = await mutant.run(device);
      expect(status).toBe("failed");
      expect(reason).not.toMatch(/did not compile/);
    });
  });
}
