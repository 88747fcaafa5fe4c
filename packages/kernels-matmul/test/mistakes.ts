// Mistakes that a person could make, made in the emitted texts: parity must see every one.
import { barriers, bias, idle, type Mistakes, reads, stores, sums } from "@tilewright/testing/gpu";

/** That every product invites. */
const products: Mistakes = {
  ...idle,
  ...sums,
  ...stores("c"),
  "leaves the last row out": (text) =>
    text
      .replace("row >= p.m", "row + 1u >= p.m")
      .replace("i < count", "i + p.n < count")
      .replace("row + i < p.m", "row + i + 1u < p.m")
      .replaceAll(/(put\([^,]*\bmatrix, min\(row \+ \d+u, p\.m) - 1u/g, "$1 - 2u"),
};
const tail: Mistakes = { "skips the tail": (text) => text.replace(/if \(kk >= p\.k\)/, "if (kk + 1u >= p.k)") };
const alpha: Mistakes = { "forgets alpha": (text) => text.replace("p.alpha * sum", "sum") };

export const mistakes: Mistakes = {
  ...products,
  ...barriers,
  ...reads("a", "b"),
  ...tail,
  ...alpha,
  ...bias,
};

export const quantized: Mistakes = {
  ...products,
  ...barriers,
  ...reads("a", "weights", "scales"),
  ...alpha,
  "forgets the zero": (text) => text.replaceAll(" - scale.y)", ")"),
};

export const integer: Mistakes = {
  ...products,
  ...reads("a", "b"),
  ...tail,
  "forgets a's zero points": (text) => text.replace(/(fn a_zero\([^)]*\) -> i32 \{ return ).*;/, "$10;"),
  "forgets b's zero points": (text) => text.replace(/(fn b_zero\([^)]*\) -> i32 \{ return ).*;/, "$10;"),
  "forgets c's zero point": (text) => text.replace(" + f32(load_zero(0u))", ""),
  "forgets the scale": (text) => text.replace(/ \* load_scale\((?:[^()]|\([^()]*\))*\)/, ""),
  "rounds down": (text) => text.replace("round(x)", "floor(x)"),
  "saturates early": (text) => text.replace("(255.0)", "(254.0)"),
  "keeps sums in f32 for too long": (text) => text.replaceAll(/\b64u(?= \* part|; i\+\+)/g, "0x4000u"),
};
