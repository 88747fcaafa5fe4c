import { matmulSuite } from "@tilewright/kernels-matmul/cases";
import { pointwiseSuites } from "@tilewright/kernels-pointwise/cases";
import type { Suite } from "@tilewright/runtime/cases";

/** Every kernel of the house: the one list that parity, bench and the viewer read. */
export const suites: readonly Suite[] = [matmulSuite, ...pointwiseSuites];
