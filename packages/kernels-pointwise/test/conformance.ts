// Operators of other worlds as calls of this package's kernels.
import type { Operators } from "@tilewright/testing/conformance";
import { elementwise } from "./operators/elementwise.ts";
import { movement } from "./operators/movement.ts";
import { optimisers } from "./operators/optimisers.ts";

export const operators: Operators = { ...elementwise, ...movement, ...optimisers };

/** Without a case, or with none small enough to be kept here. */
const NOT_KEPT = ["onnx/Erf", "tfjs/tanh", "onnx/com.microsoft.BiasAdd", "onnx/com.microsoft.BiasSplitGelu"];

/** The operators of this family whose cases are kept. */
export const family: readonly string[] = Object.keys(operators).filter((path) => !NOT_KEPT.includes(path));
