import { CAP, type Form, type Pass, type Tile, wgsl } from "@tilewright/runtime";

export interface Reduced {
  readonly reduction: "none" | "sum" | "mean";
  readonly half: boolean;
}

const THREADS = 64;
const SIDE = Math.sqrt(THREADS);
const BYTES = 8 * (THREADS + SIDE);

/** Adds up the (loss, weight) of all rows, one workgroup in a fixed order: every 64th row, then 8 of 8, then those. */
const adding = <Spec extends Reduced, P extends string>(): Pass<P, Spec, Tile> => ({
  uses: () => ["y", "losses"],
  lanes: ({ half }, { f16 }) => ({ y: half && !f16 ? 2 : 1, losses: 2 }),
  workgroups: () => 1,
  wgsl: ({ reduction, half }, _, { f16 }) => {
    const value = reduction === "mean" ? "s.x / s.y" : "s.x";
    return wgsl`var<workgroup> shares: array<vec2f, ${THREADS}>;
var<workgroup> sums: array<vec2f, ${SIDE}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) thread: u32) {
  var s = vec2f();
  var row = thread;
  for (var i = 0u; i < ${CAP}; i++) {
    if (row >= p.rows) { break; }
    s += load_losses(row);
    row += ${THREADS}u;
  }
  shares[thread] = s;
  workgroupBarrier();
  if (thread < ${SIDE}u) {
    var part = vec2f();
    for (var i = 0u; i < ${SIDE}u; i++) { part += shares[thread * ${SIDE}u + i]; }
    sums[thread] = part;
  }
  workgroupBarrier();
  if (thread == 0u) {
    s = vec2f();
    for (var i = 0u; i < ${SIDE}u; i++) { s += sums[i]; }
    store_y(0u, ${half && !f16 ? `vec2f(${value})` : value});
  }
}
`;
  },
});

const refusal = <Spec extends Reduced, P extends string>(
  { refuses }: Form<P, Spec>,
  summing: boolean,
): NonNullable<Form<P, Spec>["refuses"]> => {
  return (problem, caps, tile) => {
    if ((problem.spec.reduction !== "none") !== summing)
      return summing ? "there is nothing to add up" : "it gives a loss for every row, and no sum";
    return refuses?.(problem, caps, tile);
  };
};

/** A form that gives one loss a row. */
export const single = <Spec extends Reduced, P extends string>(form: Form<P, Spec>): Form<P, Spec> => ({
  ...form,
  refuses: refusal(form, false),
});

/** The same, and all of them added up in a second pass. */
export function summed<Spec extends Reduced, P extends string>(form: Form<P, Spec>): Form<P, Spec> {
  if ("passes" in form) throw new TypeError("A form of several passes is not summed.");
  const { workgroups, wgsl: text, lanes, ...base } = form;
  return {
    ...base,
    refuses: refusal(form, true),
    needs: (tile, spec) => {
      const { invocations, workgroupBytes = 0, ...needs } = form.needs(tile, spec);
      return { ...needs, invocations: Math.max(invocations, THREADS), workgroupBytes: Math.max(workgroupBytes, BYTES) };
    },
    scratch: ({ params }) => ({ losses: { shape: [2 * (params as Record<string, number>)["rows"]!], dtype: "f32" } }),
    passes: [
      { workgroups, wgsl: text, ...(lanes && { lanes }), uses: () => ["x", "labels", "weights", "losses"] },
      adding<Spec, P>(),
    ],
  };
}
