// The outside of every kernel here: which thread writes which elements of y.
import { type Caps, type DType, type Lanes, type Problem, type Variant, wgsl } from "@tilewright/runtime";

/** What every kernel's params and spec hold. */
export interface Flat {
  /** Four neighbours of y can be made at once: rows are multiples of 4 where it matters. */
  readonly vec: boolean;
  /** The output's. */
  readonly dtype: DType;
}

/** A thread writes `per` pieces, each one step of all threads apart. */
export interface Tile {
  readonly threads: number;
  readonly per: number;
  readonly [name: string]: number;
}

export interface Parts<Spec> {
  /** Operands read four at a time where y is written so. */
  lanes?(spec: Spec): Lanes;
  /** WGSL of `element(i: u32)`: element i of y, or with four lanes the elements i to i + 3. */
  text(spec: Spec, lanes: 1 | 4, caps: Caps): string;
}

/** Without f16 a thread owns a whole word: two halves. */
const isPaired = ({ dtype }: Flat, { f16 }: Caps): boolean => dtype === "f16" && !f16;

/** `main`: pieces of `lanes` elements of y, `p.n` elements in all. */
export const main = ({ threads, per }: Tile, lanes: 1 | 2 | 4, put: string): string => wgsl`
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (wid.y * groups.x + wid.x) * ${threads * per}u + thread;
  let pieces = ${lanes === 1 ? "p.n" : `(p.n + ${lanes - 1}u) / ${lanes}u`};
  ${Array.from({ length: per }, (_, j) => `${j ? `let i${j} = first + ${j * threads}u` : "let i0 = first"};\n  if (i${j} < pieces) { ${put.replaceAll("$i", `i${j}`)} }`).join("\n  ")}
}
`;

const piecesOf = (n: number, { threads, per }: Tile, lanes: number) => Math.ceil(n / (lanes * threads * per));

/** Four elements a piece. */
const four = <P extends string, Spec extends Flat>({ lanes, text }: Parts<Spec>): Variant<P | "n", Spec, Tile> => ({
  name: "vec4",
  tiles: [
    { threads: 64, per: 1 },
    { threads: 64, per: 4 },
  ],
  needs: ({ threads }) => ({ invocations: threads }),
  when: ({ spec }) => spec.vec,
  refuses: ({ spec }) => (spec.vec ? undefined : "its rows are no multiple of 4"),
  lanes: (spec) => ({ ...lanes?.(spec), y: 4 }),
  workgroups: ({ params }, tile) => piecesOf(params.n, tile, 4),
  wgsl: (spec, tile, caps) => `${text(spec, 4, caps)}${main(tile, 4, "store_y($i, element(4u * $i));")}`,
});

/** One element a piece; two where they share a word. */
const one = <P extends string, Spec extends Flat>({ text }: Parts<Spec>): Variant<P | "n", Spec, Tile> => ({
  name: "scalar",
  tiles: [{ threads: 64, per: 1 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: () => true,
  lanes: (spec, caps) => ({ y: isPaired(spec, caps) ? 2 : 1 }),
  workgroups: ({ params }, tile) => piecesOf(params.n, tile, 1),
  wgsl: (spec, tile, caps) =>
    text(spec, 1, caps) +
    (isPaired(spec, caps)
      ? main(tile, 2, "store_y($i, vec2f(element(2u * $i), element(min(2u * $i + 1u, p.n - 1u))));")
      : main(tile, 1, "store_y($i, element($i));")),
});

/** The two ways of every kernel here. */
export const variants = <P extends string, Spec extends Flat>(parts: Parts<Spec>): readonly Variant<P | "n", Spec>[] =>
  [four<P, Spec>(parts), one<P, Spec>(parts)] as unknown as readonly Variant<P | "n", Spec>[];

/** Each tensor read or written once. */
export const bytes = ({ types }: Pick<Problem, "types">, size: (type: Problem["types"][string]) => number): number =>
  Object.values(types).reduce((sum, type) => sum + size(type), 0);
