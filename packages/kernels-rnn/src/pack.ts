// What every variant does before the first step: the weights laid out for it, and the input's part of all steps as one product.
import { loop } from "@tilewright/kernels-matmul/stream";
import { lines, outline } from "@tilewright/kernels-matmul/text";
import { type Pass, type TensorType, type Tile, wgsl } from "@tilewright/runtime";
import { GATES, type P, type Spec } from "./problem.ts";
import { columns } from "./quads.ts";

/** Rows of H numbers that a direction has behind its matrices: a bias for each gate, GRU's inner bias, peepholes. */
export const vectors = ({ kind, after, peephole }: Spec): { inner: number; peephole: number; count: number } => {
  const gates = GATES[kind];
  const inner = gates + (after ? 1 : 0);
  return { inner: gates, peephole: inner, count: inner + (peephole ? 3 : 0) };
};

/**
 * Scratch `packed`, in vec4: the recurrent weights [D, P / 4, gates, H], four columns of a row together, so that neighbouring threads, which
 * have neighbouring units, read neighbouring words; then the projection [D, H / 4, P] likewise; then rows of H numbers, see {@link vectors}.
 */
export const packedType = (
  { h, o, dirs }: { readonly h: number; readonly o: number; readonly dirs: number },
  spec: Spec,
): TensorType => {
  const matrices = Math.ceil(o / 4) * GATES[spec.kind] * h + (spec.projection ? Math.ceil(h / 4) * o : 0);
  return { shape: [dirs * matrices + Math.ceil((dirs * vectors(spec).count * h) / 4), 4], dtype: "f32" };
};

/** How many gates and rows of numbers a direction has. */
export const COUNTS = (spec: Spec): string => wgsl`const GATES = ${GATES[spec.kind]}u;
const VECTORS = ${vectors(spec).count}u;`;

/** Where the parts of `packed` start, in vec4. */
export const PLACES = (spec: Spec): string => wgsl`${COUNTS(spec)}
fn projection_start() -> u32 { return p.dirs * ((p.o + 3u) / 4u) * GATES * p.h; }
fn vectors_start() -> u32 { return projection_start()${spec.projection ? " + p.dirs * ((p.h + 3u) / 4u) * p.o" : ""}; }`;

const THREADS = 64;
const WEIGHTS = ["r", "bias", "rBias", "peephole", "projection", "packed"];

/** `number(i)`: of the rows of H numbers behind the matrices. */
export const NUMBER = "fn number(i: u32) -> f32 { return load_packed(vectors_start() + (i >> 2u))[i & 3u]; }";

/** `number(i)`: of the rows of H numbers behind the matrices, from the operands themselves; of `biases` alone, those of the gates. */
export const givenNumbers = (spec: Spec, biases = false): string => wgsl`fn number(i: u32) -> f32 {
  let u = i % p.h;
  let which = i / p.h % VECTORS;
  let dir = i / p.h / VECTORS;
  if (dir >= p.dirs) { return 0.0; }
  ${spec.peephole && !biases ? `if (which >= ${vectors(spec).peephole}u) { return load_peephole((dir * 3u + which - ${vectors(spec).peephole}u) * p.h + u); }` : ""}
  ${spec.after && !biases ? `if (which == GATES) { return ${spec.rBias ? "load_rBias((dir * GATES + 2u) * p.h + u)" : "0.0"}; }` : ""}
  let row = (dir * GATES + which) * p.h + u;
  return ${spec.bias ? "load_bias(row)" : "0.0"}${spec.rBias ? ` + ${spec.after ? "select(0.0, load_rBias(row), which < 2u)" : "load_rBias(row)"}` : ""};
}`;

/** Lays the weights out: a thread for each vec4. */
export const pack: Pass<P, Spec, Tile> = {
  uses: () => WEIGHTS,
  lanes: () => ({ packed: 4 }),
  workgroups: ({ params, spec }) => Math.ceil(packedType(params, spec).shape[0]! / THREADS),
  wgsl: (spec) => wgsl`
${PLACES(spec)}
${givenNumbers(spec)}
${columns("r", false)}
${spec.projection ? columns("projection", false) : ""}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let first = projection_start();
  let second = vectors_start();
  if (i < first) {
    let row = i % (GATES * p.h);
    let k = i / (GATES * p.h) % ((p.o + 3u) / 4u);
    let dir = i / (GATES * p.h) / ((p.o + 3u) / 4u);
    store_packed(i, columns_r((dir * GATES * p.h + row) * p.o, 4u * k, p.o));
  }
  ${
    spec.projection
      ? wgsl`if (i >= first && i < second) {
    let j = i - first;
    let k = j / p.o % ((p.h + 3u) / 4u);
    let dir = j / p.o / ((p.h + 3u) / 4u);
    store_packed(i, columns_projection((dir * p.o + j % p.o) * p.h, 4u * k, p.h));
  }`
      : ""
  }
  if (i >= second && i < second + (p.dirs * VECTORS * p.h + 3u) / 4u) {
    let j = 4u * (i - second);
    store_packed(i, vec4f(number(j), number(j + 1u), number(j + 2u), number(j + 3u)));
  }
}
`,
};

/** A register tile of matmul's, by whether lanes of a quad share rows, which may be 8 columns wide. */
const tileOf = ({ quad, columns = 4 }: Tile) =>
  quad ? { rows: 16, cols4: columns / 4, threads: [8, 1] as const } : { rows: 8, cols4: 1, threads: [8, 8] as const };

/** xp [m, n] = x · wᵀ + bias for all steps and both directions: matmul's loop, its tiles. */
const projection = (packed: boolean): Pass<P, Spec, Tile> => ({
  skip: ({ empty }) => empty,
  uses: () => ["x", "w", ...(packed ? ["packed"] : ["bias", "rBias"]), "xp"],
  lanes: ({ vecX, vecN }) => ({ x: vecX ? 4 : 1, w: vecX ? 4 : 1, xp: vecN ? 4 : 1 }),
  workgroups({ params: { m, n } }, choice) {
    const { rows, cols4, threads } = tileOf(choice);
    return Math.ceil(m / (rows * threads[1])) * Math.ceil(n / (4 * cols4 * threads[0]));
  },
  wgsl(spec, choice) {
    const { threads, ...tile } = tileOf(choice);
    const product = { transA: false, transB: true, vecA: spec.vecX, vecB: spec.vecX, tail: !spec.vecX };
    const { body, builtins } = loop(product, tile, { quad: !!choice["quad"] });
    const functions = wgsl`${packed ? PLACES(spec) : COUNTS(spec)}
${packed ? `fn number(i: u32) -> f32 { return load_packed(4u * vectors_start() + i); }` : givenNumbers(spec, true)}
fn load_a(i: u32) -> ${spec.vecX ? "vec4f" : "f32"} { return load_x(i); }
fn load_b(i: u32) -> ${spec.vecX ? "vec4f" : "f32"} { return load_w(i); }
fn bias_one(col: u32) -> f32 { return number(col / (GATES * p.h) * VECTORS * p.h + col % (GATES * p.h)); }
fn bias_at(col: u32) -> vec4f { return vec4f(${lines(4, (j) => `bias_one(min(col + ${j}u, p.n - 1u))`, ", ")}); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4f, bias: vec4f) {
  let v = sum + bias;
  let at = row * p.n + col;
  ${spec.vecN ? "store_xp(at >> 2u, v);" : lines(4, (j) => `store_xp(at + min(${j}u, p.n - 1u - col), v[${j}]);`, "\n  ")}
}`;
    return outline({ batch: "", transA: false, vecA: spec.vecX, bias: true }, tile, threads, body, functions, {
      builtins,
      clamped: true,
    });
  },
});
/** With biases as `packed` has them. */
export const project = projection(true);
/** With biases from the operands. */
export const projectGiven = projection(false);

export const xpType = ({ m, n }: { readonly m: number; readonly n: number }): TensorType => ({
  shape: [Math.max(1, m), n],
  dtype: "f32",
});
