// What a thread holds: the table of variants and quad reckon with it.
import type { Spec } from "./attention.ts";

/** Vec4 of q and of the sums that a thread of quad had better hold; compilers of CPU adapters take seconds beyond. */
export const VECS = 80;
/** Those that it holds of `rows` rows. */
export const vecsOfQuad = (rows: number, { widthK, widthV }: Spec): number => rows * (widthK + widthV);
