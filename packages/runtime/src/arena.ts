/** A value of a program: when it lives (first and last call that touches it) and how long it is. */
export interface Life {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  /** Values that must lie in another buffer: one dispatch reads the one and writes the other, which WebGPU refuses of one buffer. */
  readonly apart: ReadonlySet<number>;
}

export interface Placement {
  /** Which buffer, and where in it. */
  readonly place: readonly { readonly buffer: number; readonly offset: number }[];
  /** Bytes of each buffer. */
  readonly sizes: readonly number[];
}

const ALIGN = 256;

/**
 * Packs values into as few bytes as a greedy order finds: largest first, each into the allowed buffer that grows least,
 * at the lowest offset where no value of the same time lies. (Greedy by size: Pisarchyk and Lee, 2020, arXiv:2001.03288.)
 */
export function pack(values: readonly Life[], maxBuffer: number): Placement {
  const place: { buffer: number; offset: number }[] = [];
  const sizes: number[] = [];
  const order = values.map((_, i) => i).sort((a, b) => values[b]!.bytes - values[a]!.bytes || a - b);
  for (const i of order) {
    const value = values[i]!;
    let best: { buffer: number; offset: number; growth: number } | undefined;
    for (let buffer = 0; buffer <= sizes.length; buffer++) {
      if (best && buffer === sizes.length) break; // a new buffer only when no old one will do
      const inside = order.filter((j) => place[j]?.buffer === buffer);
      if (inside.some((j) => value.apart.has(j))) continue;
      const neighbours = inside
        .filter((j) => values[j]!.first <= value.last && value.first <= values[j]!.last)
        .map((j) => ({ from: place[j]!.offset, to: place[j]!.offset + values[j]!.bytes }))
        .sort((a, b) => a.from - b.from);
      let offset = 0;
      for (const { from, to } of neighbours) {
        if (offset + value.bytes <= from) break;
        offset = Math.max(offset, Math.ceil(to / ALIGN) * ALIGN);
      }
      const end = offset + value.bytes;
      if (end > maxBuffer && offset > 0) continue;
      const growth = Math.max(0, end - (sizes[buffer] ?? 0));
      if (!best || growth < best.growth) best = { buffer, offset, growth };
    }
    const { buffer, offset } = best!;
    place[i] = { buffer, offset };
    sizes[buffer] = Math.max(sizes[buffer] ?? 0, offset + value.bytes);
  }
  return { place, sizes };
}
