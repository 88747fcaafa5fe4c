import { countOf, type Form, type Lanes, type Pass, wgsl } from "@tilewright/runtime";

export interface EachProgram<Spec> {
  /** A thread makes so many elements of y, whole words at least: `fn element(i: u32)`, of one or of four. */
  four(spec: Spec): boolean;
  half(spec: Spec): boolean;
  lanes(spec: Spec): Lanes;
  text(spec: Spec): string;
  /** WGSL of how many elements y has. */
  count: string;
  refuses?(spec: Spec): string | undefined;
}

type Threads = { threads: number };

/** One dispatch, which may be a pass of others' too. */
export type EachForm<P extends string, Spec> = Extract<Form<P, Spec, Threads>, Pass<P, Spec, Threads>>;

/** A thread for every element of y, or four: nothing is shared. */
export const each = <Spec, P extends string>(program: EachProgram<Spec>): EachForm<P, Spec> => ({
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  refuses: ({ spec }) => program.refuses?.(spec),
  lanes: (spec, { f16 }) => ({
    ...program.lanes(spec),
    y: program.four(spec) ? 4 : program.half(spec) && !f16 ? 2 : 1,
  }),
  workgroups: ({ types, spec }, { threads }) => Math.ceil(countOf(types["y"]!.shape) / (program.four(spec) ? 4 : 1) / threads),
  wgsl: (spec, { threads }, { f16 }) => {
    const pairs = !program.four(spec) && program.half(spec) && !f16;
    const units = program.four(spec) ? `(${program.count} >> 2u)` : pairs ? `((${program.count} + 1u) >> 1u)` : program.count;
    return wgsl`${program.text(spec)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (i >= ${units}) { return; }
  store_y(i, ${pairs ? `vec2f(element(2u * i), element(min(2u * i + 1u, ${program.count} - 1u)))` : "element(i)"});
}
`;
  },
});
