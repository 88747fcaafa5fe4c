// The arithmetic that other kernels are made of, as operations: without a kernel around them.
import { isNan } from "@tilewright/runtime";
import { DIVISION, ULP } from "./accuracy.ts";
import { type Op, rounded } from "./expression.ts";

export const addOp: Op = {
  name: "add",
  body: () => "return x + y;",
  f: (a, b) => a + b,
  error: rounded,
  ints: {},
};
export const subOp: Op = {
  name: "sub",
  body: () => "return x - y;",
  f: (a, b) => a - b,
  error: rounded,
  ints: {},
};
export const mulOp: Op = {
  name: "mul",
  body: () => "return x * y;",
  f: (a, b) => a * b,
  error: rounded,
  ints: { f: () => (a, b) => Math.imul(a, b) },
};
export const divOp: Op = {
  name: "div",
  body: () => "return x / y;",
  f: (a, b) => a / b,
  error: (y, _, b) => (Math.abs(b) <= 2 ** 126 ? DIVISION : 1) * Math.abs(y),
  ints: { f: () => (a, b) => (b === 0 ? a : Math.trunc(a / b)) },
};
export const maxOp: Op = {
  name: "max",
  body: ({ U }) => `return select(max(x, y), x + y, ${isNan("x", U)} | ${isNan("y", U)});`,
  f: (a, b) => Math.max(a, b),
  ints: { body: () => "return max(x, y);" },
};
export const sqrtOp: Op = {
  name: "sqrt",
  body: () => "return sqrt(x);",
  f: (x) => Math.sqrt(x),
  error: (y) => 5 * ULP * Math.abs(y),
};
export const squareOp: Op = {
  name: "square",
  body: () => "return x * x;",
  f: (x) => x * x,
  error: rounded,
  ints: { f: () => (x) => Math.imul(x, x) },
};
