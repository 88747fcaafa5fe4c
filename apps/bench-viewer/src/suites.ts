import { attentionSuite, kvAppendSuite, ropeSuite } from "@tilewright/kernels-attention/cases";
import {
  averagePoolSuite,
  convIntegerSuite,
  convMaxPoolSuite,
  convSuite,
  convTransposeSuite,
  convWinogradSuite,
  lpPoolSuite,
  maxPoolSuite,
} from "@tilewright/kernels-conv/cases";
import { embeddingQuantizedSuite, matmulIntegerSuite, matmulQuantizedSuite, matmulSuite } from "@tilewright/kernels-matmul/cases";
import { pointwiseSuites } from "@tilewright/kernels-pointwise/cases";
import { reductionSuites } from "@tilewright/kernels-reduction/cases";
import { rnnSuites } from "@tilewright/kernels-rnn/cases";
import type { Suite } from "@tilewright/runtime/cases";

/** Every kernel of the house: the one list that parity, bench and the viewer read. */
export const suites: readonly Suite[] = [
  ...[matmulSuite, matmulIntegerSuite, matmulQuantizedSuite, embeddingQuantizedSuite],
  ...[
    convSuite,
    convTransposeSuite,
    convWinogradSuite,
    convIntegerSuite,
    convMaxPoolSuite,
    maxPoolSuite,
    averagePoolSuite,
    lpPoolSuite,
  ],
  ...[attentionSuite, kvAppendSuite, ropeSuite],
  ...rnnSuites,
  ...pointwiseSuites,
  ...reductionSuites,
];
