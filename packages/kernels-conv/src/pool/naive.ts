import { CAP, type Caps, type Form, wgsl } from "@tilewright/runtime";
import { vec3u } from "../text.ts";
import type { P, Spec } from "./pool.ts";
import { better, beyond, corner, counted, indexOf, integer, sum, types } from "./text.ts";

const THREADS = 64;
/** Elements a thread owns: whole words of y. */
export const owned = ({ dtype }: Pick<Spec, "dtype">, { f16 }: Caps): 1 | 2 | 4 =>
  dtype.endsWith("8") ? 4 : dtype === "f16" && !f16 ? 2 : 1;

/** One thread, one element of y (a word of them, where they are smaller): any window, global ones too. */
export const naive: Form<P, Spec> = {
  tiles: [{}],
  needs: () => ({ invocations: THREADS }),
  lanes: (spec, caps) => ({ y: owned(spec, caps) }),
  // As many as one element each would take: none starts in vain where words hold one.
  workgroups: ({ params: { batch, channels, yd, yh, yw } }) => Math.ceil((batch * channels * yd * yh * yw) / THREADS),
  wgsl(spec, _tile, caps) {
    const { last, dilations, kind, indices } = spec;
    const { T } = types(spec, 1);
    const box = last ? "image" : "(image * p.channels + channel)";
    const words = owned(spec, caps);
    const { term, functions } = kind === "max" ? { term: (x: string) => x, functions: better(spec, 1) } : sum(spec, 1);
    const loop = (k: string, size: string) => `for (var ${k} = 0u; ${k} < ${CAP}; ${k}++) { if (${k} >= ${size}) { break; }`;
    const take =
      kind === "max"
        ? `if (better(x, total) ${indices ? "|| !some" : ""}) { total = x; ${indices ? `found = ${indexOf(spec, "at", box, "channel")}; some = true;` : ""} }`
        : `total += ${term("x")};`;
    const element = (j: number) => `element(min(${words}u * i + ${j}u, count - 1u))`;
    return wgsl`
${functions}
${kind === "max" ? "" : counted(spec)}
fn element(i: u32) -> ${T} {
  let pixels = p.yd * p.yh * p.yw;
  let channel = ${last ? "i % p.channels" : "i / pixels % p.channels"};
  let pixel = ${last ? "i / p.channels % pixels" : "i % pixels"};
  let image = i / (p.channels * pixels);
  let start = ${corner(spec)};
  var total = ${beyond(spec, 1)};
  ${indices ? "var found = 0u; var some = false;" : ""}
  ${loop("kd", "p.kd")} ${loop("kh", "p.kh")} ${loop("kw", "p.kw")}
    let at = start + vec3u(kd, kh, kw) * ${vec3u(dilations)};
    if (all(at < vec3u(p.xd, p.xh, p.xw))) {
      let x = load_x(${indexOf({ last, indices: undefined }, "at", box, "channel")});
      ${take}
    }
  }}}
  ${indices ? "store_indices(i, found);" : ""}
  return ${kind === "max" ? "total" : "made(total, counted(start))"};
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let count = p.batch * p.channels * p.yd * p.yh * p.yw;
  if (${words}u * i < count) { store_y(i, ${words === 1 ? "element(i)" : `vec${words}<${integer(spec) ? T : "f32"}>(${Array.from({ length: words }, (_, j) => element(j)).join(", ")})`}); }
}
`;
  },
};
