// NumPy's broadcasting, with dimensions merged until as few as possible are left.
import { fail, showShape } from "@tilewright/runtime";

/** The output's dimensions, innermost first; neighbours that the same operands have are one. */
export interface Layout {
  readonly shape: readonly number[];
  readonly sizes: readonly number[];
  /** Which operands, by their number, step along each: "01" both of two, "0" the first alone. */
  readonly groups: readonly string[];
}

/** Sizes of all groups but the outermost are params. */
export const MOST_GROUPS = 6;

/** @throws KernelError `shape` where shapes do not broadcast, `limit` where more than six groups are left */
export function broadcast(who: string, names: readonly string[], shapes: readonly (readonly number[])[]): Layout {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const sizes: number[] = [];
  const groups: string[] = [];
  const shape: number[] = [];
  for (let d = 1; d <= rank; d++) {
    const at = shapes.map((s) => s.at(-d) ?? 1).map((size, k) => (d > shapes[k]!.length ? 1 : size));
    const size = at.find((s) => s !== 1) ?? 1;
    if (at.some((s) => s !== 1 && s !== size)) {
      const given = names.map((name, k) => `${name} is ${showShape(shapes[k]!)}`).join(" and ");
      fail(who, "shape", `${given}: dimensions counted from the last must be equal, or 1.`);
    }
    shape.unshift(size);
    if (size === 1) continue;
    const group = at.map((s, k) => (s === 1 ? "" : k)).join("");
    if (group === groups.at(-1)) sizes.push(sizes.pop()! * size);
    else {
      groups.push(group);
      sizes.push(size);
    }
  }
  if (groups.length > MOST_GROUPS)
    fail(
      who,
      "limit",
      `${shapes.map(showShape).join(" and ")} switch between broadcast and not ${groups.length} times; at most ${MOST_GROUPS} are built. Expand one.`,
    );
  return { shape, sizes, groups };
}
