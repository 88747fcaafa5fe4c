// Mistakes that a person could make, made in the emitted texts: parity must see every one.
//
// Every variant makes each of them once. Of its other layouts stand here those that change what a layout writes by itself, where it reads and
// stores; and of a text that variants share it is judged as a whole in one of them.
import { type Tile, variantsOf } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { bias, idle, type Mistakes, mutation, reads, stores } from "@tilewright/testing/gpu";
import {
  averagePoolSuite,
  convMaxPoolSuite,
  convQuantizedSuite,
  convSuite,
  convTransposeSuite,
  maxPoolSuite,
  maxUnpoolSuite,
  revealing,
  revealingConvMaxPool,
  revealingDepthwise,
  revealingNarrow,
  revealingPool,
  revealingQuantized,
  revealingSplit,
  revealingTranspose,
  revealingUnpool,
} from "../src/cases.ts";

/** Of each case the mutants whose titles ("variant mistake") fit. */
async function mutations(suite: Suite, cases: readonly KernelCase[], mistakes: Mistakes, ...titles: RegExp[]) {
  for (const [i, only] of titles.entries()) await mutation(suite, cases[i]!, { mistakes, only });
}

const mistakes: Mistakes = {
  ...idle,
  ...reads("x", "w"),
  ...stores("y"),
  ...bias,
  "takes what lies past an edge": (text) =>
    text
      .replace("return all(at < vec3u(p.xd, p.xh, p.xw));", "return true;")
      .replace("let known = at.x < p.xd && at.y < p.xh;", "let known = true;")
      .replace("e <= last);", "true);")
      .replaceAll(/let (iny|in_y) = y < p.xh;/g, "let $1 = true;")
      .replaceAll(/let (in_y\d) = [^;]*;/g, "let $1 = vec4<bool>(true);"),
  "forgets padding": (text) =>
    text.replace("vec3u(p.pd, p.ph, p.pw)", "vec3u(p.pd, p.ph, p.pw + 1u)").replace("u - p.pw;", "u - p.pw - 1u;"),
  "skips the last turn": (text) =>
    text
      .replaceAll(/\b(k|kk|c) >= (p\.ci( \/ 4u)?|blocks|turns|terms4?)\)/g, "$1 + 1u >= $2)")
      .replace("h >= end + ", "h + 1u >= end + "),
  "leaves the last row of a kernel out": (text) => text.replace(/kh < 3u/, "kh < 2u").replace(/kh >= p\.kh/, "kh + 1u >= p.kh"),
  "mistakes a column": (text) =>
    text
      .replace(/(s\d_\d = fma\((vec4f\()?)e1/, "$1e0")
      .replace("s0_0 = max(s0_0, e1)", "s0_0 = max(s0_0, e0)")
      .replace("x0_0_1 * w1", "x0_0_0 * w1"),
  // Channels past the last have the last's filter anyway.
  "stores what does not exist over the last that does": (text) =>
    (text.includes("last_here = last;") ? text.replaceAll(/select\(v\d, (v\[\d\]), last_here >= \du\)/g, "$1") : text).replaceAll(
      /s(\d_\d+) = select\(s\d_\d+, s\1, has_v\d\);|(?<=\n\s*)if \(v \+ \d+u < p\.yw\)/g,
      "",
    ),
  "sums in f16": (text) =>
    text
      .replaceAll(/let (s\d+) = ([^;]*);/g, "let $1 = quantizeToF16($2);")
      .replaceAll(/(c\d+_\d+|s\d+_\d+|sum) (\+=|= fma\()([^;]*);/g, (_, to, how, rest) =>
        how === "+=" ? `${to} = quantizeToF16(${to} + ${rest});` : `${to} = quantizeToF16(fma(${rest});`,
      ),
};
/** Of data that has it. */
const nan: Mistakes = {
  "loses NaN": (text) =>
    text.replaceAll(/ m\d_\d+ = max\([^;]*;/g, "").replace(/return \(\(x > best\)[^;]*;/, "return x > best;"),
};
const phases: Mistakes = {
  "forgets that padding shifts phases": (text) => text.replace("(phase + vec3u(p.pd, p.ph, p.pw)) %", "phase %"),
  "forgets a phase": (text) => text.replace("if (number >= 6u", "if (number >= 5u"),
  "starts at the first tap": (text) => text.replace("let first = first_taps(phase);", "let first = vec3u();"),
  "takes the next tap": (text) => text.replace("first[1] + kh * 2u", "first[1] + kh * 1u"),
  "counts a tap that a phase lacks": (text) => text.replaceAll(/let has\d = .*?;/g, (has) => has.replace(/= .*/, "= true;")),
  "does not leave a line": (text) => text.replace("w.w == grid.z", "w.w > grid.z"),
  "stores next to each other": (text) => text.replaceAll(", last) * 3u", ", last) * 2u"),
  ...bias,
  "skips the last turn": mistakes["skips the last turn"]!,
};
const turns: Mistakes = {
  "does the first chunk over and over": (text) => text.replaceAll("p.chunk", "0u * p.chunk"),
  "takes taps for each other": (text) => text.replace("tap % 3u * 1u", "tap % 2u * 1u"),
};
const quantized: Mistakes = {
  "forgets the scale": (text) => text.replace("sum * scale_here", "sum"),
  "forgets the zero point": (text) => text.replaceAll(/ - zero\d*\b/g, "").replace(/return w - vec4f\(.*\);/, "return w;"),
  ...reads("zeros"),
};
const unpool: Mistakes = {
  ...reads("x"),
  ...stores("y"),
  "forgets padding": mistakes["forgets padding"]!,
  "takes any index": (text) => text.replaceAll("(load_indices(one)) == mine", "(load_indices(one)) != mine"),
  "counts through y": (text) => text.replace("p.ih + at.y", "p.yh + at.y").replace("p.iw + at.z", "p.yw + at.z"),
  "leaves a window out": (text) => text.replace(/kw < (\d)u/, "kw + 1u < $1u"),
};
const split: Mistakes = {
  "leaves the last slice out": (text) => text.replace("k < 64u", "k < 63u"),
  "leaves the last turn out": (text) => text.replace("piece >= rows * pieces", "piece + 1u >= rows * pieces"),
  "takes what lies past an edge": (text) => text.replace("if (w < p.xw)", "if (true)"),
  ...reads("x"),
  "forgets padding": mistakes["forgets padding"]!,
};

// quad and direct share two texts, one a layout: quad judges the one, direct the other.
await mutations(
  convSuite,
  revealing,
  mistakes,
  /^(?!direct)|^direct stores what/,
  /^direct|^(quad|staged|im2col) (reads|stores|takes)/,
);
await mutations(convTransposeSuite, revealingTranspose, phases, /^quad|^direct (counts|stores)/, /^direct|^quad does not/);
// Channels last in groups are no stretch of x: the load of quad's that `revealing` has not.
const strip = /^depthwise (reads|stores|takes|mistakes)/;
await mutations(
  convSuite,
  revealingDepthwise,
  mistakes,
  /^depthwise/,
  RegExp(`${strip.source}|^quad (reads x|takes|skips|leaves)`),
  strip,
);
await mutation(convSuite, revealingNarrow, { mistakes, only: /^narrow/ });

// In turns: of the tile with several of them.
const inTurns = (await variantsOf(convSuite.kernel)).find(({ name }) => name === "im2col")!.tiles.at(-1);
const last = { mistakes: turns, tiles: (tile: Tile) => tile === inTurns };
await mutation(convSuite, revealing[0]!, { ...last, only: /^im2col/ });
await mutation(convSuite, revealing[1]!, { ...last, only: /^im2col .*chunk/ });

// Pools: rows read one by one and in fours, and all of it with NaN.
const slid = /^window (reads|stores|takes|mistakes)/;
const [single, , fours, nonfinite] = revealingPool;
await mutations(maxPoolSuite, [single!, fours!], mistakes, slid, slid);
await mutation(maxPoolSuite, nonfinite!, { mistakes: { ...mistakes, ...nan } });
await mutations(convMaxPoolSuite, revealingConvMaxPool, mistakes, /./, /^stem (reads|stores|takes|mistakes)/);
await mutation(convMaxPoolSuite, revealingConvMaxPool[2]!, { mistakes: nan });
await mutations(averagePoolSuite, revealingSplit, split, /^split/, /^split (reads|takes)/);
await mutations(maxUnpoolSuite, revealingUnpool, unpool, /./, /reads|stores|takes/);

// direct's filter is read by quad's text.
await mutations(convQuantizedSuite, revealingQuantized, quantized, /^(quad|staged|naive)/, /^(quad|staged) .*zero/);
