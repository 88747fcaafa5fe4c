import type { Operators } from "@tilewright/testing/conformance";
import { operators as attention } from "../packages/kernels-attention/test/conformance.ts";
import { operators as conv } from "../packages/kernels-conv/test/conformance.ts";
import { operators as matmul } from "../packages/kernels-matmul/test/conformance.ts";
import { operators as pointwise } from "../packages/kernels-pointwise/test/conformance.ts";
import { operators as reduction } from "../packages/kernels-reduction/test/conformance.ts";
import { operators as rnn } from "../packages/kernels-rnn/test/conformance.ts";

/** Every operator that some kernel family maps; each family's table lies in its `test/conformance.ts`. */
export const operators: Operators = { ...attention, ...conv, ...matmul, ...pointwise, ...reduction, ...rnn };
