// A small operand over a large one, as NumPy broadcasts: which of its elements belongs to which.
import { fail, showShape, type TensorType, wgsl } from "@tilewright/runtime";

/** Groups of the large one's dimensions, outermost first: `m` the small one has them, `b` it is broadcast over them. At most 4. */
export function broadcastGroups(
  kernel: string,
  operand: string,
  { shape }: TensorType,
  over: readonly number[],
): { across: string; sizes: number[] } {
  const padded = [...Array<number>(Math.max(over.length - shape.length, 0)).fill(1), ...shape];
  if (shape.length > over.length || padded.some((d, i) => d !== 1 && d !== over[i]))
    fail(kernel, "shape", `${operand} is ${showShape(shape)}; needed is a shape that broadcasts to x's ${showShape(over)}.`);
  let across = "";
  const sizes: number[] = [];
  over.forEach((size, d) => {
    if (size === 1) return;
    const kind = padded[d] === 1 ? "b" : "m";
    if (across.endsWith(kind)) sizes.push(sizes.pop()! * size);
    else {
      across += kind;
      sizes.push(size);
    }
  });
  if (sizes.length > 4)
    fail(
      kernel,
      "limit",
      `${operand} ${showShape(shape)} switches between broadcast and not ${sizes.length - 1} times over x's ${showShape(over)}; at most 3 are built. Expand it.`,
    );
  return { across, sizes };
}

/** `name(i)`: which of its elements belongs to element i, in WGSL. @param sizes of the groups; the outermost is not asked for */
export const broadcastText = (name: string, across: string, sizes: readonly string[]): string => {
  const lines = [...across]
    .map((kind, i) => {
      const index = i ? `rest % ${sizes[i]}` : "rest";
      return `${kind === "m" ? `at += ${index} * step; ${i ? `step *= ${sizes[i]}; ` : ""}` : ""}${i ? `rest /= ${sizes[i]};` : ""}`;
    })
    .reverse();
  return wgsl`fn ${name}(i: u32) -> u32 { var rest = i; var at = 0u; var step = 1u; ${lines.join(" ")} return at; }`;
};

/** The same in plain numbers. */
export function broadcastIndex(across: string, sizes: readonly number[], i: number): number {
  let [rest, at, step] = [i, 0, 1];
  for (let g = across.length - 1; g >= 0; g--) {
    const here = g ? rest % sizes[g]! : rest;
    if (across[g] === "m") {
      at += here * step;
      step *= sizes[g]!;
    }
    rest = g ? (rest - here) / sizes[g]! : 0;
  }
  return at;
}
