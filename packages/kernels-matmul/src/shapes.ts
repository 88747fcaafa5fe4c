// What the shapes of a and b say: the product's sizes, and how their leading dimensions meet. The same for every kind of matmul.
import { fail, type Params, showShape, type TensorType } from "@tilewright/runtime";

export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The leading dimensions of c. */
  readonly lead: readonly number[];
  /** As {@link Spec.batch}, and the size of each of its groups. */
  readonly pattern: string;
  readonly sizes: number[];
}

/** Below this a tile is mostly edge, and its text takes CPU drivers seconds to compile where naive's takes a twentieth. */
export const worthTiling = ({ params: { m, n } }: { readonly params: Params<"m" | "n"> }): boolean =>
  m > 1 && n > 1 && m * n >= 256;

/** Sizes of op(a) · op(b). @throws KernelError `shape`, `limit` */
export function product(who: string, a: TensorType, b: TensorType, transA: boolean, transB: boolean): Product {
  const [a0, a1] = matrix(who, "a", a, "[1,k]");
  const [b0, b1] = matrix(who, "b", b, "[k,1]");
  const [m, k] = transA ? [a1, a0] : [a0, a1];
  const [bk, n] = transB ? [b1, b0] : [b0, b1];
  if (k !== bk) {
    const hint =
      n === k && (transB ? " Is b stored [k, n]? Then leave transB out." : " Is b stored [n, k]? Then pass transB: true.");
    const given = `a is ${showShape(a.shape)} and b is ${showShape(b.shape)}`;
    fail(
      who,
      "shape",
      `${given}: a's ${k} ${transA ? "rows" : "columns"} must equal b's ${bk} ${transB ? "columns" : "rows"}.${hint || ""}`,
    );
  }
  const { shape: lead, ...groups } = broadcast(who, a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { m, n, k, lead, ...groups };
}

/** Rows and columns of a matrix or of a batch of them. `vector`: what a vector is to be passed as. @throws KernelError `shape` */
export function matrix(who: string, name: string, { shape }: TensorType, vector: string): [rows: number, columns: number] {
  if (shape.length < 2)
    fail(
      who,
      "shape",
      `${name} is ${showShape(shape)}; needed is a matrix or a batch of them, rank 2 or more. A vector? Pass it as ${vector}.`,
    );
  return [shape.at(-2)!, shape.at(-1)!];
}

/** The leading dimensions of c, and the pattern and sizes of their groups. */
function broadcast(
  who: string,
  a: readonly number[],
  b: readonly number[],
): { shape: number[]; pattern: string; sizes: number[] } {
  const rank = Math.max(a.length, b.length);
  const padded = (shape: readonly number[]) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const [x, y] = [padded(a), padded(b)];
  const sizes: number[] = [];
  let pattern = "";
  const shape = x.map((p, i) => {
    const q = y[i]!;
    if (p !== q && p !== 1 && q !== 1)
      fail(
        who,
        "shape",
        `a's leading dimensions ${showShape(a)} and b's ${showShape(b)} do not broadcast: ${p} and ${q} must be equal, or one of them 1.`,
      );
    const size = p === 1 ? q : p;
    const kind = p === q ? "x" : q === 1 ? "a" : "b";
    if (pattern.endsWith(kind) && pattern) sizes.push(sizes.pop()! * size);
    else if (p !== 1 || q !== 1) {
      pattern += kind;
      sizes.push(size);
    }
    return size;
  });
  if (sizes.length > 4)
    fail(
      who,
      "limit",
      `leading dimensions ${showShape(a)} and ${showShape(b)} switch between broadcast and not ${sizes.length} times; at most 4 are built. Expand one of them.`,
    );
  return { shape, pattern, sizes };
}
