// A workgroup for four rows of weights: what gemv and gemvWorkgroup share.
import { CAP, wgsl } from "@tilewright/runtime";
import { biasAt } from "../epilogue.ts";
import { lines, multiply, store } from "../text.ts";
import type { QuantizedSpec } from "./matmul.ts";
import { dequantizing, readingA } from "./text.ts";

const TILE = { rows: 1, cols4: 1 };

/** `total`: WGSL that adds up the threads' sums `c0_0` into `total`, known to thread 0 at least. */
export const rows = (spec: QuantizedSpec, threads: number, total: string, builtins = ""): string => wgsl`
${store(spec)}
${dequantizing(spec)}
${readingA(spec)}
var<workgroup> partial: array<vec4f, ${threads}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) across: vec3u, @builtin(local_invocation_index) index: u32${builtins}) {
  let group = wid.y * across.x + wid.x;
  let fours = (p.n + 3u) / 4u;
  let row = group / fours; // of all of a's
  let col = group % fours * 4u;
  if (row >= p.m * p.batch) { return; }
  let start = start_a(row);
  ${lines(4, (c) => `let wr${c} = min(col + ${c}u, p.n - 1u);`, " ")}
  var c0_0 = vec4f();
  // Neighbouring threads read neighbouring words, eight k each.
  let blocks = (p.k + 7u) / 8u;
  for (var i = 0u; i < ${CAP}; i++) {
    let k = i * ${threads}u + index;
    if (k >= blocks) { break; }
    ${lines(4, (c) => `let w${c} = dequantize(wr${c}, k, scale_of(wr${c}, k));`, " ")}
    ${lines(
      2,
      (h) =>
        `{ ${multiply(
          TILE,
          spec,
          () => `four_a(start, 2u * k + ${h}u)`,
          (c) => `w${c}[${h}]`,
        )} }`,
      "\n    ",
    )}
  }
  ${total}
  if (index == 0u) { put(row / p.m, row % p.m, col, total${biasAt(spec)}); }
}
`;
