import type { Operators } from "@tilewright/testing/conformance";
import { operators as attention } from "../packages/kernels-attention/test/conformance.ts";
import { operators as matmul } from "../packages/kernels-matmul/test/conformance.ts";

/** Every operator that some kernel family maps; each family's table lies in its `test/conformance.ts`. */
export const operators: Operators = { ...attention, ...matmul };
