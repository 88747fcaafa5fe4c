import { CAP, wgsl } from "@tilewright/runtime";
import { unitsText } from "../../text/addressing.ts";
import { CHUNK, CHUNKS, type CumsumForm, carried, lanes, odd, scanLoop, scratch, steps, summing } from "../../text/cumsum.ts";

/** Long rows in two passes: the sums of chunks, then every chunk by a thread that first adds up those before it. */
export const split: CumsumForm = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  refuses: odd,
  scratch,
  passes: [
    summing,
    {
      lanes,
      workgroups: summing.workgroups,
      wgsl: (spec, { threads }) => wgsl`${steps(spec)}
${CHUNKS}
fn part(i: u32) -> C { return ${carried(spec)}; }
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let unit = i / chunks();
  if (unit >= ${unitsText(spec)}) { return; }
  let start = begin(unit);
  let chunk = i % chunks();
  var carry = C();
  for (var c = 0u; c < ${CAP}; c++) {
    if (c >= chunk) { break; }
    carry += part(unit * chunks() + c);
  }
  let end = min((chunk + 1u) * ${CHUNK}u, count());
  ${scanLoop(spec, `chunk * ${CHUNK}u`, "end")}
}
`,
    },
  ],
};
