// WGSL that matmulInteger's variants share: operands as numbers, their zero points, and what becomes of a finished sum.
import { type Lanes, type Problem, wgsl } from "@tilewright/runtime";
import { lines } from "../text.ts";
import type { Input, P, Spec } from "./matmul-integer.ts";

export const isNarrow = (dtype: Input): boolean => dtype.endsWith("8");

/** What a tile loads and stores at a time: words that lie along k come one by one (see stream.ts). */
export const vec4Lanes = ({ a, vecA, vecB, vecC, transA, transB, scale }: Spec) => {
  const c = vecC ? 4 : 1;
  const bytes = isNarrow(a);
  return {
    a: vecA && (bytes || transA) ? 4 : 1,
    b: vecB && (bytes || !transB) ? 4 : 1,
    scale: scale === "n" ? c : 1,
    c,
  } as const satisfies Lanes;
};

/** Why a tile cannot do it: rows of bytes of an odd length share words between threads. */
export const tileRefusal = ({ spec, params }: Problem<P, Spec>): string | undefined => {
  if (spec.empty) return "k is 0, and there is nothing to multiply; naive writes what is left";
  return isNarrow(spec.c as Input) && !spec.vecC
    ? `it stores ${spec.c} rows of a multiple of 4 only; n is ${params.n}`
    : undefined;
};

/** `a_zero(matrix, row)`, `b_zero(matrix, col)`: the zero point of a row of op(a) or column of op(b), in matrix number `matrix` of a or b. */
export function zeros({ aZero, bZero }: Spec): string {
  const one = (x: "a" | "b", kind: string | undefined, size: string) => {
    const i = kind === "" ? "0u" : kind?.startsWith("b") ? `matrix * ${size} + i` : "i";
    return `fn ${x}_zero(matrix: u32, i: u32) -> i32 { return ${kind === undefined ? "0" : `i32(load_${x}Zero(${i}))`}; }`;
  };
  return `${one("a", aZero, "p.m")}\n${one("b", bZero, "p.n")}`;
}

/** The type of c's elements as `store_c` takes them. */
export const stored = ({ c }: Spec): string => (c === "f32" ? "f32" : c.startsWith("u") ? "u32" : "i32");

/** `finish(sum, row, col)`: what to store, over i32 or vec4<i32>; `col` counts elements. */
export function finish(spec: Spec, lanes: 1 | 4): string {
  const { c, scale, zero, vecC } = spec;
  const T = (scalar: string) => (lanes === 1 ? scalar : `vec4<${scalar}>`);
  const columns =
    lanes === 1
      ? "load_scale(col)"
      : vecC
        ? "load_scale(col >> 2u)"
        : `vec4f(${lines(4, (j) => `load_scale(min(col + ${j}u, p.n - 1u))`, ", ")})`;
  const factor = scale === "n" ? columns : `load_scale(${scale === "m" ? "row" : "0u"})`;
  const [least, most] = c === "i8" ? ["-128.0", "127.0"] : ["0.0", "255.0"];
  const rounded = `clamp(round(x)${zero ? " + f32(load_zero(0u))" : ""}, ${T("f32")}(${least}), ${T("f32")}(${most}))`;
  const body =
    scale === undefined
      ? `return ${T(stored(spec))}(sum);`
      : `let x = ${T("f32")}(sum) * ${factor}; return ${c === "f32" ? "x" : `${T(stored(spec))}(${rounded})`};`;
  return `fn finish(sum: ${T("i32")}, row: u32, col: u32) -> ${T(stored(spec))} { ${body} }`;
}

/** `put(matrix, row, col, sum)`: finishes and stores four columns of one row of c, those that exist. */
export function put(spec: Spec): string {
  const store = spec.vecC
    ? "store_c(at >> 2u, v);"
    : lines(4, (j) => `if (col + ${j}u < p.n) { store_c(at + ${j}u, v[${j}]); }`, "\n  ");
  return wgsl`${finish(spec, 4)}
fn put(matrix: u32, row: u32, col: u32, sum: vec4i) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, row, col);
  let at = (matrix * p.m + row) * p.n + col;
  ${store}
}`;
}
