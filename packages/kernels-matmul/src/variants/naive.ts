import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { biasAt, finish } from "../epilogue.ts";
import type { P, Spec } from "../matmul.ts";
import { HALF_SUMS, matrices } from "../text.ts";

/**
 * One thread, one element of c. The yardstick, the way out for odd f16, and as good as any when c is tiny.
 *
 *     a [m, k]           b [k, n]          c [m, n]
 *     ────────►  row  x  │ column    =     · one thread
 *                        ▼
 *
 * Two loads for a multiply-add. Where c is f16 and the device has no f16, a thread owns a whole word: two elements.
 */
export const naive: Form<P, Spec, { threads: number }> = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  refuses: ({ spec }, { f16 }) => (spec.halfSums && !f16 ? HALF_SUMS : undefined),
  lanes: ({ half }, { f16 }) => ({ c: half && !f16 ? 2 : 1 }),
  workgroups: ({ params: { m, n, batch } }, { threads }) => Math.ceil((m * n * batch) / threads),
  wgsl: (spec, { threads }, { f16 }) => elements(spec, threads, f16, spec.empty ? "" : multiply(spec)),
};

/** A thread for an element, or for a word of two halves; `multiply` adds to `sum` for `matrix`, `row` and `col`. */
export const elements = (spec: Spec, threads: number, f16: boolean, multiply: string): string => wgsl`
${matrices(spec)}
${finish(spec, 1)}

fn element(i: u32) -> f32 {
  let col = i % p.n;
  let row = i / p.n % p.m;
  let matrix = i / (p.m * p.n);
  var sum = ${spec.halfSums ? "0.0h" : "0.0"};
  ${multiply}
  return finish(${spec.halfSums ? "f32(sum)" : "sum"}, matrix, row, col${biasAt(spec)});
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let count = p.m * p.n * p.batch;
  ${
    spec.half && !f16
      ? "if (2u * i < count) { store_c(i, vec2f(element(2u * i), element(min(2u * i + 1u, count - 1u)))); }"
      : "if (i < count) { store_c(i, element(i)); }"
  }
}
`;

const multiply = ({ transA, transB, halfSums }: Spec) => wgsl`let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= p.k) { break; }
    let x = load_a(base.x + ${transA ? "k * p.m + row" : "row * p.k + k"});
    let y = load_b(base.y + ${transB ? "col * p.k + k" : "k * p.n + col"});
    sum = ${halfSums ? "fma(f16(x), f16(y), sum)" : "fma(x, y, sum)"};
  }`;
