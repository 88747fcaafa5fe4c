export * from "./activation.ts";
export * from "./binary.ts";
export type { Elementwise, ElementwiseOptions, Spec as ElementwiseSpec } from "./elementwise.ts";
export type { Applied, Expression, Names, Op } from "./expression.ts";
export { type Applicable, of, pointwise } from "./pointwise.ts";
export * from "./unary.ts";
