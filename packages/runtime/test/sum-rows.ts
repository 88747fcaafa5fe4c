import { defineKernel, type Variant, wgsl } from "@tilewright/runtime";
import { bytes, exact, flat, groupsOf, START } from "./kernels.ts";

const CHUNK = 32;
type Rows = "rows" | "columns";

/** One thread adds up a row. */
const plain: Variant<Rows, object> = {
  ...flat,
  name: "plain",
  when: ({ params: { columns } }) => columns <= CHUNK,
  workgroups: ({ params: { rows } }) => groupsOf(rows),
  wgsl: () => wgsl`
${START}
  if (i >= p.rows) { return; }
  var sum = 0.0;
  for (var k = 0u; k < p.columns; k++) { sum += load_x(i * p.columns + k); }
  store_y(i, sum);
}
`,
};

/** A thread for each chunk of a row; then one thread adds up a row's chunks, always in the same order. */
const chunked: Variant<Rows, object> = {
  ...flat,
  name: "chunked",
  scratch: ({ params: { rows, columns } }) => ({ partial: { shape: [rows, Math.ceil(columns / CHUNK)], dtype: "f32" } }),
  passes: [
    {
      uses: () => ["x", "partial"],
      workgroups: ({ params: { rows, columns } }) => groupsOf(rows * Math.ceil(columns / CHUNK)),
      wgsl: () => wgsl`
${START}
  let chunks = (p.columns + ${CHUNK - 1}u) / ${CHUNK}u;
  if (i >= p.rows * chunks) { return; }
  var sum = 0.0;
  for (var k = 0u; k < ${CHUNK}u; k++) {
    let column = i % chunks * ${CHUNK}u + k;
    if (column < p.columns) { sum += load_x(i / chunks * p.columns + column); }
  }
  store_partial(i, sum);
}
`,
    },
    {
      uses: () => ["partial", "y"],
      workgroups: ({ params: { rows } }) => groupsOf(rows),
      wgsl: () => wgsl`
${START}
  let chunks = (p.columns + ${CHUNK - 1}u) / ${CHUNK}u;
  if (i >= p.rows) { return; }
  var sum = 0.0;
  for (var k = 0u; k < chunks; k++) { sum += load_partial(i * chunks + k); }
  store_y(i, sum);
}
`,
    },
  ],
};

/** y[row] = Σ x[row, column]; x is f32 or f16, y is f32. */
export const sumRows = defineKernel({
  name: "sumRows",
  operands: { x: "in", y: "out" },
  params: { rows: "u32", columns: "u32" },
  resolve: (
    {
      x: {
        shape: [rows = 1, columns = 1],
      },
    },
    _options: object,
  ) => ({ params: { rows, columns }, spec: {}, outputs: { y: { shape: [rows], dtype: "f32" } } }),
  variants: [plain, chunked],
  proof: async () => ({
    reference: ({ params: { rows, columns } }, { x }) => ({
      y: Float64Array.from({ length: rows }, (_, row) =>
        Array.from(x)
          .slice(row * columns, (row + 1) * columns)
          .reduce((a, b) => a + b, 0),
      ),
    }),
    bound: (_, __, reference) => exact(reference),
  }),
  cost: ({ params: { rows, columns }, types }) => ({ flops: rows * columns, bytes: bytes(types) }),
});
