import { CAP, wgsl } from "@tilewright/runtime";
import { locate } from "../../text/addressing.ts";
import { CHUNK, CHUNKS, type CumsumForm, carried, lanes, scratch, steps, summing } from "../../text/cumsum.ts";

/** Halves in rows of odd length, on a device without f16: a thread for a word, which adds up chunks and what is left of its own. */
export const flat: CumsumForm = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  refuses: ({ spec }) => (spec.vec === "none" ? undefined : "it is for rows whose length is no multiple of 4"),
  scratch,
  passes: [
    summing,
    {
      lanes: (spec, { f16 }) => ({ ...lanes(spec), y: spec.dtype === "f16" && !f16 ? 2 : 1 }),
      workgroups: ({ params }, { threads }) => Math.ceil((params.rows * params.n) / threads),
      wgsl: (spec, { threads }, { f16 }) => {
        const body = steps(spec);
        const pairs = spec.dtype === "f16" && !f16;
        return wgsl`${body}
${CHUNKS}
${locate(spec)}
fn part(i: u32) -> C { return ${carried(spec)}; }
fn element(i: u32) -> T {
  let at = locate(i);
  let start = begin(at.x);
  let k = ${spec.reverse ? "p.n - 1u - at.y" : "at.y"};
  let chunk = k / ${CHUNK}u;
  var carry = C();
  for (var c = 0u; c < ${CAP}; c++) {
    if (c >= chunk) { break; }
    carry += part(at.x * chunks() + c);
  }
  for (var j = 0u; j < ${CHUNK}u; j++) {
    if (chunk * ${CHUNK}u + j >= k) { break; }
    carry += load(place(start, chunk * ${CHUNK}u + j));
  }
  return scanned(carry, load(i));
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let last = p.rows * p.n - 1u;
  ${
    pairs
      ? "if (2u * i <= last) { store_y(i, vec2f(element(2u * i), element(min(2u * i + 1u, last)))); }"
      : "if (i <= last) { store_y(i, element(i)); }"
  }
}
`;
      },
    },
  ],
};
