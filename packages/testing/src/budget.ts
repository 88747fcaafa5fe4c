import { caps } from "@tilewright/runtime";
import { inject } from "vitest";
import type { Budget } from "./trials.ts";
import "./provided.ts";

interface LaneBudget {
  readonly trials: Budget;
  /** Of an operator file every so manieth case, and all of f16. */
  readonly conformance?: number;
}

const BUDGETS: Readonly<Record<string, LaneBudget>> = {
  chrome: { trials: { most: 4, all: ["dtype", "tile"] } },
  node: { trials: { most: 1, all: [], f16: true }, conformance: 4 },
  "chrome-low": { trials: { most: 1, all: [] } },
  "node-low": { trials: { most: 1, all: [] } },
};

/**
 * What this lane runs of all there is to run, where a CPU compiles the texts: for a tenth of a second each on SwiftShader, for up to seconds on
 * lavapipe. Chrome's lane sees every dtype and tile, all mutants and conformance cases; Node's, a second compiler, every variant and what has f16,
 * which SwiftShader has not; the masked ones every variant. A GPU runs all, and so does any lane with $TILEWRIGHT_WHOLE.
 */
export const budget = (device: GPUDevice): LaneBudget | undefined =>
  caps(device).software && !inject("whole") ? BUDGETS[`${inject("lane")}${inject("low") ? "-low" : ""}`] : undefined;
