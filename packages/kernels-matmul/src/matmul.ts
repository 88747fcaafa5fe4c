import { countOf, type DType, defineKernel, KernelError, type Problem, sizeOf, showShape, type TensorType } from "@tilewright/runtime";
import { type Activation, activations } from "./epilogue.ts";
import { direct } from "./variants/direct.ts";
import { naive } from "./variants/naive.ts";
import { quad } from "./variants/quad.ts";
import { staged } from "./variants/staged.ts";

export interface MatmulOptions {
  /** a is stored [..., k, m]. */
  transA?: boolean | undefined;
  /** b is stored [..., n, k], as most weights are. */
  transB?: boolean | undefined;
  /** Factor of the product. Default 1. */
  alpha?: number | undefined;
  /** Applied last, after bias. `gelu` is the tanh form. */
  activation?: Activation | undefined;
  /** Of the output; a's unless given. Sums are f32 either way. */
  dtype?: "f32" | "f16" | undefined;
}

/** Sizes are of op(a) [m, k] and op(b) [k, n]; `batch` matrices of c, which `d1 … d3` divide into groups (see {@link Spec.batch}). */
export type P = "m" | "n" | "k" | "batch" | "d1" | "d2" | "d3" | "alpha";

/** What changes matmul's text. */
export interface Spec {
  readonly transA: boolean;
  readonly transB: boolean;
  /** Rows as stored are a multiple of 4 long: read and written as vec4. */
  readonly vecA: boolean;
  readonly vecB: boolean;
  readonly vecC: boolean;
  /** k is no multiple of 4. */
  readonly tail: boolean;
  /** k is 0: nothing to multiply, a and b are not bound. */
  readonly empty: boolean;
  readonly bias: boolean;
  readonly activation: Activation | undefined;
  /** c is f16. */
  readonly half: boolean;
  /**
   * Leading dimensions, neighbours of one kind merged, outermost first: `x` both have it, `a` only a, `b` only b.
   * [B, 1, m, k] · [H, k, n] is "ab".
   */
  readonly batch: string;
}

const UNIT = 2 ** -24; // the rounding unit of f32
const LEAST = { f32: 2 ** -126, f16: 2 ** -14, i32: 0, u32: 0 } satisfies Record<DType, number>; // least normal number

/** Merged leading dimensions: the pattern of {@link Spec.batch} and the size of each group. */
function broadcast(a: readonly number[], b: readonly number[]): { shape: number[]; pattern: string; sizes: number[] } {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  const sizes: number[] = [];
  let pattern = "";
  for (let i = 0; i < rank; i++) {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (x !== y && x !== 1 && y !== 1) {
      throw new KernelError("matmul", "shape", `a's leading dimensions ${showShape(a)} and b's ${showShape(b)} do not broadcast: ${x} and ${y} must be equal, or one of them 1.`);
    }
    shape.push(x === 1 ? y : x);
    if (x === 1 && y === 1) continue;
    const kind = x === y ? "x" : y === 1 ? "a" : "b";
    if (pattern.endsWith(kind)) sizes[sizes.length - 1]! *= shape[i]!;
    else {
      pattern += kind;
      sizes.push(shape[i]!);
    }
  }
  if (pattern.length > 4) throw new KernelError("matmul", "limit", `leading dimensions ${showShape(a)} and ${showShape(b)} alternate between broadcast and not ${pattern.length} times; at most 4 are built. Expand one of them.`);
  return { shape, pattern, sizes };
}

function matrix(name: "a" | "b", { shape, dtype }: TensorType): [rows: number, columns: number] {
  if (dtype !== "f32" && dtype !== "f16") throw new KernelError("matmul", "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
  if (shape.length < 2) {
    const as = name === "a" ? `[1,${shape[0] ?? 1}]` : `[${shape[0] ?? 1},1]`;
    throw new KernelError("matmul", "shape", `${name} is ${showShape(shape)}; needed is a matrix, or a batch of them (rank 2 or more). Pass it as ${as}.`);
  }
  return [shape.at(-2)!, shape.at(-1)!];
}

/** Σ over k of f(a) · g(b) for every element of c, in float64. */
function contract({ params: { m, n, k }, spec, types }: Problem<P, Spec>, a: ArrayLike<number>, b: ArrayLike<number>, f = (x: number) => x, g = f): Float64Array {
  const sums = new Float64Array(countOf(types["c"]!.shape));
  const [rowA, stepA] = spec.transA ? [1, m] : [k, 1];
  const [stepB, colB] = spec.transB ? [1, k] : [n, 1];
  const right = new Float64Array(k * n); // one matrix of g(b) as [k, n]
  batches(types).forEach(([matrixA, matrixB], batch) => {
    for (let i = 0; i < k * n; i++) right[i] = g(b[matrixB * k * n + Math.floor(i / n) * stepB + (i % n) * colB]!);
    for (let row = 0; row < m; row++) {
      const out = (batch * m + row) * n;
      for (let i = 0; i < k; i++) {
        const x = f(a[matrixA * m * k + row * rowA + i * stepA]!);
        for (let col = 0; col < n; col++) sums[out + col]! += x * right[i * n + col]!;
      }
    }
  });
  return sums;
}

/** Which matrix of a and of b each matrix of c is made of, by the leading dimensions themselves. */
function batches({ a, b, c }: Problem["types"]): [number, number][] {
  const lead = c!.shape.slice(0, -2);
  // Leading dimensions that were folded into m count once.
  return Array.from({ length: countOf(lead) }, (_, i) => {
    const index = ({ shape }: TensorType) => {
      let rest = i;
      let at = 0;
      let step = 1;
      for (let d = lead.length - 1; d >= 0; d--) {
        const size = shape[shape.length - 2 - lead.length + d] ?? 1;
        if (size > 1) at += (rest % lead[d]!) * step;
        step *= size;
        rest = Math.floor(rest / lead[d]!);
      }
      return at;
    };
    return [index(a!), index(b!)];
  });
}

/**
 * c = activation(alpha · op(a) · op(b) + bias), with float32 sums.
 *
 * a is [..., m, k] (or [..., k, m] with `transA`), b is [..., k, n] (or [..., n, k] with `transB`), bias is [n];
 * leading dimensions broadcast as in NumPy; c is [..., m, n]. f32 and f16 mix freely.
 * An empty k gives the bias alone; an empty m, n or batch gives an empty c.
 */
export const matmul = defineKernel({
  name: "matmul",
  operands: { a: "in", b: "in", bias: "in?", c: "out" },
  params: { m: "u32", n: "u32", k: "u32", batch: "u32", d1: "u32", d2: "u32", d3: "u32", alpha: "f32" },

  resolve({ a, b, bias }, { transA = false, transB = false, alpha = 1, activation, dtype = a.dtype as "f32" | "f16" }: MatmulOptions) {
    const [a0, a1] = matrix("a", a);
    const [b0, b1] = matrix("b", b);
    let [m, k] = transA ? [a1, a0] : [a0, a1];
    const [bk, n] = transB ? [b1, b0] : [b0, b1];
    if (k !== bk) {
      const wrong = `a is ${showShape(a.shape)} and b is ${showShape(b.shape)}: a's ${k} ${transA ? "rows" : "columns"} must equal b's ${bk} ${transB ? "columns" : "rows"}.`;
      const hint = (transB ? b0 : b1) === k ? ` Is b stored ${transB ? "[k, n]? Then leave transB out." : "[n, k]? Then pass transB: true."}` : "";
      throw new KernelError("matmul", "shape", wrong + hint);
    }
    if (bias && (bias.shape.at(-1) !== n || countOf(bias.shape) !== n)) throw new KernelError("matmul", "shape", `bias is ${showShape(bias.shape)}; needed is [${n}], one for each column of c.`);
    if (bias && bias.dtype !== "f32" && bias.dtype !== "f16") throw new KernelError("matmul", "dtype", `bias is ${bias.dtype}; needed is f32 or f16.`);
    if (dtype !== "f32" && dtype !== "f16") throw new KernelError("matmul", "dtype", `the output's dtype is ${dtype}; needed is f32 or f16.`);
    if (activation !== undefined && !(activation in activations)) {
      throw new KernelError("matmul", "feature", `there is no activation "${activation}"; there are ${Object.keys(activations).join(", ")}.`);
    }
    const { shape, pattern, sizes } = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const c = { shape: [...shape, m, n], dtype };
    let batch = pattern;
    if (pattern === "a" && !transA) {
      m *= sizes[0]!; // one b for all: the batch is more rows
      batch = "";
    }
    const [, d1 = 1, d2 = 1, d3 = 1] = sizes;
    return {
      params: { m, n, k, batch: batch ? countOf(sizes) : 1, d1, d2, d3, alpha },
      spec: {
        transA,
        transB,
        vecA: (transA ? m : k) % 4 === 0,
        vecB: (transB ? k : n) % 4 === 0,
        vecC: n % 4 === 0,
        tail: k % 4 !== 0,
        empty: k === 0,
        bias: bias !== undefined,
        activation,
        half: dtype === "f16",
        batch,
      },
      outputs: { c },
      dynamic: transA ? ["alpha"] : ["alpha", "m"],
    };
  },

  variants: [quad, staged, direct, naive],

  reference(problem, { a, b, bias }) {
    const { alpha, n } = problem.params;
    const f = problem.spec.activation ? activations[problem.spec.activation].f : (x: number) => x;
    return { c: contract(whole(problem), a, b).map((sum, i) => f(alpha * sum + (bias?.[i % n] ?? 0))) };
  },

  // A sum of k products in any order: each term is rounded once or twice, and partial sums lose up to one unit of their size
  // a step. Signs that mix make that a random walk, 4·√k units of Σ|a·b|; where one sign rules (|Σ| > ½ Σ|a·b|) errors may
  // all point one way, k units (Higham, Accuracy and Stability of Numerical Algorithms, 2002, §4.2). What may be flushed to zero counts in full.
  bound(problem, { a, b, bias }, { c }) {
    const { k, n, alpha } = problem.params;
    const { types, spec } = problem;
    const full = whole(problem);
    const sizes = contract(full, a, b, Math.abs);
    const sums = contract(full, a, b);
    const tiny = (operand: "a" | "b") => (x: number) => (Math.abs(x) < LEAST[types[operand]!.dtype] ? Math.abs(x) : 0);
    const flushed = [contract(full, a, b, tiny("a"), Math.abs), contract(full, a, b, Math.abs, tiny("b"))];
    const act = spec.activation && activations[spec.activation];
    const [unit, least] = spec.half ? [2 ** -10, LEAST.f16] : [UNIT, LEAST.f32];
    const bounds = sums.map((sum, i) => {
      const growth = Math.abs(sum) > sizes[i]! / 2 ? k : Math.min(k, 4 * Math.sqrt(k));
      const before = alpha * sum + (bias?.[i % n] ?? 0);
      const error =
        Math.abs(alpha) * ((growth + 2) * UNIT * sizes[i]! + flushed[0]![i]! + flushed[1]![i]! + k * LEAST.f32) +
        2 * UNIT * (Math.abs(alpha * sum) + Math.abs(before)) +
        (bias ? Math.min(Math.abs(bias[i % n]!), LEAST[types["bias"]!.dtype]) * (Math.abs(bias[i % n]!) < LEAST[types["bias"]!.dtype] ? 1 : 0) : 0);
      const got = Math.abs(c[i]!);
      return (act ? act.slope * error + act.error(before) : error) + unit * got + Math.min(got, least) * (got < least ? 1 : 0) + LEAST.f32;
    });
    return { c: bounds };
  },

  cost({ params: { m, n, k, batch }, types }) {
    return { flops: 2 * batch * m * n * k, bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0) };
  },
});

/** The problem with m as the shapes have it: a batch folded into m is a batch again, so that the reference reads like the formula. */
function whole(problem: Problem<P, Spec>): Problem<P, Spec> {
  const m = problem.types["c"]!.shape.at(-2)!;
  return { ...problem, params: { ...problem.params, m } };
}
