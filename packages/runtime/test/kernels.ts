// Small kernels that only tests use. They are written as published ones are; their data is whole numbers, so that sums are exact.
import { defineKernel, encode, fail, showShape, type TensorType, wgsl } from "@tilewright/runtime";

const THREADS = 64;
export const START = `@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;`;
export const flat = { tiles: [{}], needs: () => ({ invocations: THREADS }), when: () => true };
export const groupsOf = (threads: number) => Math.ceil(threads / THREADS);
export const bytes = (types: Record<string, TensorType>) =>
  Object.values(types).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
/** Whole numbers: nothing may be off. */
export const exact = <T extends object>(reference: T): T =>
  Object.fromEntries(Object.entries(reference).map(([name, values]) => [name, new Float64Array(values.length)])) as T;

/** y = alpha · x + y, in place; n and alpha may change from call to call. */
export const axpy = defineKernel({
  name: "axpy",
  operands: { x: "in", y: "inout" },
  params: { alpha: "f32", n: "u32" },
  resolve({ x, y }, { alpha = 1 }: { alpha?: number }) {
    if (`${x.shape}` !== `${y.shape}`)
      fail("axpy", "shape", `x is ${showShape(x.shape)} and y is ${showShape(y.shape)}; they must be alike.`);
    return { params: { alpha, n: x.shape.reduce((a, b) => a * b, 1) }, spec: {}, outputs: { y }, dynamic: ["alpha", "n"] };
  },
  variants: [
    {
      ...flat,
      name: "flat",
      workgroups: ({ params: { n } }) => groupsOf(n),
      wgsl: () => wgsl`
${START}
  if (i < p.n) { store_y(i, fma(p.alpha, load_x(i), load_y(i))); }
}
`,
    },
  ],
  proof: async () => ({
    reference: ({ params: { alpha, n } }, { x, y }) => ({ y: Float64Array.from(y, (v, i) => (i < n ? alpha * x[i]! + v : v)) }),
    bound: (_, __, reference) => exact(reference),
  }),
  cost: ({ params: { n }, types }) => ({ flops: 2 * n, bytes: bytes(types) }),
});

/** The least and the greatest element, and with `where` the place of the greatest. */
export const minmax = defineKernel({
  name: "minmax",
  operands: { x: "in", low: "out", high: "out", at: "out?" },
  params: { n: "u32" },
  resolve({ x }, { where = false }: { where?: boolean }) {
    const one = { shape: [1], dtype: "f32" } as const;
    return {
      params: { n: x.shape[0]! },
      spec: { where },
      outputs: { low: one, high: one, ...(where && { at: { shape: [1], dtype: "u32" } as const }) },
    };
  },
  variants: [
    {
      ...flat,
      name: "plain",
      workgroups: () => 1,
      wgsl: ({ where }) => wgsl`
fn tell(place: u32) { ${where ? "store_at(0u, place);" : ""} }
${START}
  if (i > 0u) { return; }
  var low = load_x(0u);
  var high = low;
  var place = 0u;
  for (var k = 1u; k < p.n; k++) {
    let x = load_x(k);
    if (x < low) { low = x; }
    if (x > high) { high = x; place = k; }
  }
  store_low(0u, low);
  store_high(0u, high);
  tell(place);
}
`,
    },
  ],
  proof: async () => ({
    reference({ spec: { where } }, { x }) {
      const all = Array.from(x);
      const high = Math.max(...all);
      return {
        low: Float64Array.of(Math.min(...all)),
        high: Float64Array.of(high),
        ...(where && { at: Float64Array.of(all.indexOf(high)) }),
      };
    },
    bound: (_, __, reference) => exact(reference),
  }),
  cost: ({ params: { n }, types }) => ({ flops: 2 * n, bytes: bytes(types) }),
});

/** y = relu(x · w + b), a thread for each element: a layer of a network. */
export const dense = defineKernel({
  name: "dense",
  operands: { x: "in", w: "in", b: "in", y: "out" },
  params: { m: "u32", n: "u32", k: "u32" },
  resolve({ x, w, b }, _options: object) {
    const [m = 0, k = 0] = x.shape;
    const [rows = 0, n = 0] = w.shape;
    if (k !== rows || b.shape[0] !== n)
      fail(
        "dense",
        "shape",
        `x is ${showShape(x.shape)}, w ${showShape(w.shape)} and b ${showShape(b.shape)}; needed is [m,k], [k,n] and [n].`,
      );
    return { params: { m, n, k }, spec: {}, outputs: { y: { shape: [m, n], dtype: "f32" } } };
  },
  variants: [
    {
      ...flat,
      name: "plain",
      workgroups: ({ params: { m, n } }) => groupsOf(m * n),
      wgsl: () => wgsl`
${START}
  if (i >= p.m * p.n) { return; }
  var sum = load_b(i % p.n);
  for (var k = 0u; k < p.k; k++) { sum = fma(load_x(i / p.n * p.k + k), load_w(k * p.n + i % p.n), sum); }
  store_y(i, max(sum, 0.0));
}
`,
    },
  ],
  proof: async () => ({
    reference({ params: { m, n, k } }, { x, w, b }) {
      const y = Float64Array.from({ length: m * n }, (_, i) => b[i % n]!);
      for (let i = 0; i < m * n; i++) {
        for (let j = 0; j < k; j++) y[i]! += x[Math.floor(i / n) * k + j]! * w[j * n + (i % n)]!;
        y[i] = Math.max(y[i]!, 0);
      }
      return { y };
    },
    bound: (_, __, reference) => exact(reference),
  }),
  cost: ({ params: { m, n, k }, types }) => ({ flops: 2 * m * n * k, bytes: bytes(types) }),
});

/** y[i] = x[i] + z[n - 1 - i] modulo 2^8: x and y read and written four at a time, z one at a time. */
export const addReversed = defineKernel({
  name: "addReversed",
  operands: { x: "in", z: "in", y: "out" },
  params: { n: "u32" },
  resolve: ({ x }, _options: object) => ({
    params: { n: x.shape.reduce((a, b) => a * b, 1) },
    spec: { scalar: x.dtype === "i8" ? "i32" : "u32" },
    outputs: { y: x },
  }),
  variants: [
    {
      ...flat,
      name: "words",
      lanes: () => ({ x: 4, y: 4 }),
      workgroups: ({ params: { n } }) => groupsOf(n / 4),
      wgsl: ({ scalar }) => wgsl`
fn last(i: u32) -> ${scalar} { return load_z(p.n - 1u - min(i, p.n - 1u)); }
${START}
  if (4u * i < p.n) { store_y(i, load_x(i) + vec4<${scalar}>(last(4u * i), last(4u * i + 1u), last(4u * i + 2u), last(4u * i + 3u))); }
}
`,
    },
  ],
  proof: async () => ({
    reference({ types }, { x, z }) {
      const wrapped = encode(
        Array.from(x, (v, i) => v + z[x.length - 1 - i]!),
        types["y"]!.dtype,
      );
      return { y: Float64Array.from(wrapped) };
    },
    bound: (_, __, reference) => exact(reference),
  }),
  cost: ({ params: { n } }) => ({ flops: n, bytes: 3 * n }),
});
