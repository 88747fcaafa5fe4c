import type { Cost } from "@tilewright/runtime";

/** Flops per byte above which no adapter seen so far waits for memory (H100 20, SwiftShader 18, lavapipe 10). */
const COMPUTE_BOUND = 20;
const MiB = 2 ** 20;
const MOST_SETS = 64;

/**
 * Sets of buffers to go round in, so that what a timed run reads has left the last cache since its last turn:
 * 256 MiB in all on a GPU (caches up to 96 MB), 64 MiB on a CPU adapter (32 MB for a group of cores).
 * One where arithmetic decides.
 */
export function setsPastCache({ flops, bytes }: Cost, software: boolean): number {
  if (flops > COMPUTE_BOUND * bytes) return 1;
  return Math.min(MOST_SETS, Math.ceil(((software ? 64 : 256) * MiB) / Math.max(1, bytes)));
}
