// The outside of every kernel here: which thread writes which elements of y.
import { CAP, type Caps, type DType, type Lanes, type Params, type Problem, type Variant, wgsl } from "@tilewright/runtime";
import type { Kind } from "./expression.ts";

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

/** What an element is in a shader: f16 is computed as f32, i8 as i32, u8 as u32. */
export const kindOf = (dtype: DType): Kind => (dtype[0] === "f" ? "f32" : dtype[0] === "i" ? "i32" : "u32");

/** Elements of a word that one thread has to write whole: i8 and u8, and f16 where the device has none. */
export const sharing = (dtype: DType, { f16 }: Caps): 1 | 2 | 4 => (dtype.endsWith("8") ? 4 : dtype === "f16" && !f16 ? 2 : 1);

/** How many pieces of some elements there are, in WGSL. */
export const pieces = (elements: 1 | 2 | 4): string => (elements === 1 ? "p.n" : `(p.n + ${elements - 1}u) / ${elements}u`);

/** `main`: `put` for every piece `i` below `pieces`, both WGSL. */
export const main = ({ threads, per }: Tile, pieces: string, put: string): string => wgsl`
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (wid.y * groups.x + wid.x) * ${threads * per}u + thread;
  let pieces = ${pieces};
  ${per > 1 ? `for (var j = 0u; j < ${CAP}; j++) {\n    let i = first + j * ${threads}u;\n    if (j >= ${per}u || i >= pieces) { break; }\n    ${put}\n  }` : `let i = first;\n  if (i < pieces) { ${put} }`}
}
`;

const TILES: readonly Tile[] = [
  { threads: 64, per: 1 },
  { threads: 64, per: 4 },
  { threads: 16, per: 16 },
];
/** CPU adapters pay for each thread they start: on lavapipe 16 pieces a thread copy 4x as fast as one. */
const prefer = <P extends string>({ params }: { readonly params: Params<P | "n"> }, { software }: Caps): Tile | undefined =>
  software && params.n >= 2 ** 14 ? TILES[2] : undefined;

const piecesOf = (n: number, { threads, per }: Tile, lanes: number) => Math.ceil(n / (lanes * threads * per));

/** Four elements a piece. */
const four = <P extends string, Spec extends Flat>({ lanes, text }: Parts<Spec>): Variant<P | "n", Spec, Tile> => ({
  name: "vec4",
  tiles: TILES,
  prefer,
  needs: ({ threads }) => ({ invocations: threads }),
  when: ({ spec }) => spec.vec,
  refuses: ({ spec }) => (spec.vec ? undefined : "its rows are no multiple of 4"),
  lanes: (spec) => ({ ...lanes?.(spec), y: 4 }),
  workgroups: ({ params }, tile) => piecesOf(params.n, tile, 4),
  wgsl: (spec, tile, caps) => `${text(spec, 4, caps)}${main(tile, pieces(4), "store_y(i, element(4u * i));")}`,
});

/** One element a piece; all of a word where they share one. */
const one = <P extends string, Spec extends Flat>({ text }: Parts<Spec>): Variant<P | "n", Spec, Tile> => ({
  name: "scalar",
  tiles: TILES,
  prefer,
  needs: ({ threads }) => ({ invocations: threads }),
  when: () => true,
  lanes: ({ dtype }, caps) => ({ y: sharing(dtype, caps) }),
  workgroups: ({ params }, tile) => piecesOf(params.n, tile, 1),
  wgsl(spec, tile, caps) {
    const share = sharing(spec.dtype, caps);
    if (share === 1) return text(spec, 1, caps) + main(tile, pieces(1), "store_y(i, element(i));");
    const each = Array.from({ length: share }, (_, k) =>
      k ? `element(min(${share}u * i + ${k}u, p.n - 1u))` : `element(${share}u * i)`,
    );
    return text(spec, 1, caps) + main(tile, pieces(share), `store_y(i, vec${share}<${kindOf(spec.dtype)}>(${each.join(", ")}));`);
  },
});

/** The ways of every kernel here: by fours where that can be, else one by one. */
export const variants = <P extends string, Spec extends Flat>(
  parts: Parts<Spec>,
  fours = true,
): readonly Variant<P | "n", Spec>[] =>
  [...(fours ? [four<P, Spec>(parts)] : []), one<P, Spec>(parts)] as unknown as readonly Variant<P | "n", Spec>[];

/** Each tensor read or written once. */
export const bytes = ({ types }: Pick<Problem, "types">, size: (type: Problem["types"][string]) => number): number =>
  Object.values(types).reduce((sum, type) => sum + size(type), 0);
