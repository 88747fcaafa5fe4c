import { attentionSuite, kvAppendSuite, ropeSuite } from "@tilewright/kernels-attention/cases";
import { matmulIntegerSuite, matmulSuite } from "@tilewright/kernels-matmul/cases";
import type { Suite } from "@tilewright/runtime/cases";

/** Every kernel of the house: the one list that parity, bench and the viewer read. */
export const suites: readonly Suite[] = [matmulSuite, matmulIntegerSuite, attentionSuite, kvAppendSuite, ropeSuite];
