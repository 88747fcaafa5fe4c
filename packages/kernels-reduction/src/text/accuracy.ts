import { wgsl } from "@tilewright/runtime";
import type { AccuracySpec } from "../metrics.ts";
import { indexFold } from "./folds.ts";
import type { RowProgram } from "./frame.ts";

export const program: RowProgram<AccuracySpec> = {
  reads: () => ["x"],
  fold: () => indexFold("f32", false, false),
  most: 2,
  scalar: () => "f32",
  value: () => "fn value(i: u32, row: I, j: I) -> T { return load_x(i); }",
  end: ({ vec, reduction }) => {
    const rows = vec === "columns" ? [0, 1, 2, 3].map((c) => [`4u * unit + ${c}u`, c] as const) : [["unit", 0] as const];
    const put = rows.map(([row, c]) => {
      const hit = `select(0.0, 1.0, i32(s.at[${c}]) == i32(load_labels(${row})))`;
      return reduction === "none" ? `store_y(${row}, ${hit});` : `store_losses(${row}, vec2f(${hit}, 1.0));`;
    });
    return wgsl`fn end(unit: u32, first: u32, stride: u32, s: State) { if (first == 0u) { ${put.join(" ")} } }`;
  },
  lanes: ({ vec }) => ({ x: vec === "none" ? 1 : 4, losses: 2 }),
};
