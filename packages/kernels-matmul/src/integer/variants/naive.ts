import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { matrices } from "../../text.ts";
import type { Input, P, Spec } from "../matmul-integer.ts";
import { finish, isNarrow, stored, zeros } from "../text.ts";

/** c is bytes: a thread owns a whole word. */
const words = ({ c }: Spec) => isNarrow(c as Input);

/**
 * One thread, one element of c, or four neighbours where c is bytes. The yardstick, and the way out for odd rows of bytes.
 *
 *     a [m, k]           b [k, n]          c [m, n]
 *     ────────►  row  x  │ column    =     · one thread
 *                        ▼
 *
 * Two loads of a byte, each a word and a shift, for a multiply-add. 512³: lavapipe 234 ms, SwiftShader 1660.
 */
export const naive: Form<P, Spec, { threads: number }> = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  lanes: (spec) => ({ c: words(spec) ? 4 : 1 }),
  workgroups: ({ params: { m, n, batch }, types }, { threads }) =>
    Math.ceil((m * n * batch) / (threads * (isNarrow(types["c"]!.dtype as Input) ? 4 : 1))),
  wgsl: (spec, { threads }) => wgsl`
${matrices(spec)}
${finish(spec, 1)}
${zeros(spec)}

fn element(i: u32) -> ${stored(spec)} {
  let col = i % p.n;
  let row = i / p.n % p.m;
  let matrix = i / (p.m * p.n);
  var sum = 0;
  ${spec.empty ? "" : multiply(spec)}
  return finish(sum, row, col);
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let count = p.m * p.n * p.batch;
  ${words(spec) ? fourOf(spec) : "if (i < count) { store_c(i, element(i)); }"}
}
`,
};

/** What fills the last word up is zero. */
const fourOf = (spec: Spec) => wgsl`if (4u * i >= count) { return; }
  var four = vec4<${stored(spec)}>();
  for (var j = 0u; j < 4u; j++) {
    if (4u * i + j >= count) { break; }
    four[j] = element(4u * i + j);
  }
  store_c(i, four);`;

const multiply = ({ transA, transB }: Spec) => wgsl`let which = matrices(matrix);
  let base = which * vec2u(p.m * p.k, p.k * p.n);
  let za = a_zero(which.x, row);
  let zb = b_zero(which.y, col);
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= p.k) { break; }
    let x = i32(load_a(base.x + ${transA ? "k * p.m + row" : "row * p.k + k"})) - za;
    let y = i32(load_b(base.y + ${transB ? "col * p.k + k" : "k * p.n + col"})) - zb;
    sum += x * y;
  }`;
