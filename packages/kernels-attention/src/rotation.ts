// Turning a row's pairs by their angles: what rope does, and kvAppend on the way.
type Numbers = ArrayLike<number>;

/** A row of `d` elements from `at`, of which 2 · half are turned. */
export interface Turn {
  readonly at: number;
  readonly d: number;
  readonly half: number;
  readonly interleaved: boolean;
  /** Row of cos and sin. */
  readonly angle: number;
}

/** Every element of a row: itself · cosine ± its partner · sine, the two terms apart. What is not turned has no partner. */
export function turnedRow(
  { at, d, half, interleaved, angle }: Turn,
  x: Numbers,
  cos: Numbers,
  sin: Numbers,
  visit: (c: number, own: number, other: number) => void,
): void {
  for (let c = 0; c < d; c++) {
    if (c >= 2 * half) {
      visit(c, x[at + c]!, 0);
      continue;
    }
    const pair = angle * half + (interleaved ? c >> 1 : c % half);
    const second = interleaved ? c % 2 === 1 : c >= half;
    const partner = at + c + (second ? -1 : 1) * (interleaved ? 1 : half);
    visit(c, x[at + c]! * cos[pair]!, (second ? 1 : -1) * x[partner]! * sin[pair]!);
  }
}

/** Two products and a sum, each rounded once; what may be flushed to zero counts in full. `half`: in or out is f16. */
export function turnError(own: number, other: number, half: boolean): number {
  const least = half ? 2 ** -14 : 2 ** -126;
  const size = Math.abs(own) + Math.abs(other);
  return 2 ** -23 * size + (half ? 2 ** -10 : 0) * Math.abs(own + other) + (size < 4 * least ? size : 0) + 2 * 2 ** -126;
}
