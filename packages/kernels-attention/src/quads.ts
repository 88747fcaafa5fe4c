// What the variants share whose lanes split the head size four ways: quad and decode.
import { lines } from "./text.ts";

/** Sums four values over the lanes of a quad; lane l is left with the sum of number l. Two exchanges, of halves. */
export const TRANSPOSE_ADD = (T: string) => `fn transpose_add(lane: u32, a0: ${T}, a1: ${T}, a2: ${T}, a3: ${T}) -> ${T} {
  let odd = (lane & 1u) == 1u;
  let high = (lane & 2u) == 2u;
  let b0 = select(a0, a1, odd) + quadSwapX(select(a1, a0, odd));
  let b1 = select(a2, a3, odd) + quadSwapX(select(a3, a2, odd));
  return select(b0, b1, high) + quadSwapY(select(b1, b0, high));
}`;

/** The product of two rows' shares, one vec4 after the other. */
export const product = (width: number, x: (w: number) => string, y: (w: number) => string): string =>
  lines(width, (w) => `dot(${x(w)}, ${y(w)})`, " + ");
