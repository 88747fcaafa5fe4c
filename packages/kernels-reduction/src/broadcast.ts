// A small operand over a large one, as NumPy broadcasts: which of its elements belongs to which.
import { fail, showShape, type TensorType } from "@tilewright/runtime";

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
