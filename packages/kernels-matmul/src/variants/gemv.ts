import type { Form } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { vec4Lanes } from "../text.ts";
import { type Thin, thin, thinGroups, thinNeeds, thinRefusal } from "../thin.ts";

/**
 * Vector times matrix: 4 outputs a thread, and a workgroup's threads share out k.
 *
 *     a [1, k] ─►  ┌── b ──┐           b transposed: ── k ──►  threads 0 1 2 … along k,
 *                  │0000111│ slice 0                           4 rows each
 *                  │2222333│ slice 1   c [m, 1]: the same with a as the matrix and b as the vector
 *                  └───────┘
 *
 * One multiply-add an element of the matrix: memory is what it costs, ½ flop a byte. On GPUs 16 slices give enough threads and
 * 256-byte reads, joined in workgroup memory after one barrier; CPU adapters take one slice, and no barrier.
 */
export const gemv: Form<P, Spec, Thin> = {
  tiles: [
    { rows: 1, groups: 8, slices: 16 },
    { rows: 1, groups: 8, slices: 1 },
    { rows: 1, groups: 4, slices: 32 },
    { rows: 1, groups: 32, slices: 4 },
  ],
  needs: thinNeeds,
  prefer: (_, { software }) => (software ? gemv.tiles[1] : undefined),
  refuses: thinRefusal,
  lanes: vec4Lanes,
  workgroups: thinGroups,
  wgsl: thin,
};
