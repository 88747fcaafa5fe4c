import { CAP, type Pass, type Tile, type Variant, wgsl } from "@tilewright/runtime";

interface Reduced {
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

/** A variant that gives one loss a row, and with it its twin that adds them up in a second pass (`threadSum`). */
export function summed<Spec extends Reduced, P extends string>(variant: Variant<P, Spec>): readonly Variant<P, Spec>[] {
  if ("passes" in variant) return [];
  const refusal = (summing: boolean): NonNullable<Variant<P, Spec>["refuses"]> => {
    return (problem, caps, tile) => {
      if ((problem.spec.reduction !== "none") !== summing)
        return summing ? "there is nothing to add up" : "it gives a loss for every row, and no sum";
      return variant.refuses?.(problem, caps, tile);
    };
  };
  const { workgroups, wgsl: text, lanes, ...base } = variant;
  return [
    { ...variant, refuses: refusal(false) },
    {
      ...base,
      name: `${variant.name}Sum`,
      refuses: refusal(true),
      needs: (tile, spec) => {
        const { invocations, workgroupBytes = 0, ...needs } = variant.needs(tile, spec);
        return { ...needs, invocations: Math.max(invocations, THREADS), workgroupBytes: Math.max(workgroupBytes, BYTES) };
      },
      scratch: ({ params }) => ({ losses: { shape: [2 * (params as Record<string, number>)["rows"]!], dtype: "f32" } }),
      passes: [
        { workgroups, wgsl: text, ...(lanes && { lanes }), uses: () => ["x", "labels", "weights", "losses"] },
        adding<Spec, P>(),
      ],
    },
  ];
}
