// Mistakes that a person could make, made in the emitted texts: parity must see every one.
import { mutation } from "@tilewright/testing/gpu";
import {
  convMaxPoolSuite,
  convSuite,
  maxPoolSuite,
  revealing,
  revealingConvMaxPool,
  revealingDepthwise,
  revealingPool,
} from "../src/cases.ts";

type Change = (text: string) => string;
const mistakes: Readonly<Record<string, Change>> = {
  "does nothing": (text) => text.replace(/fn main\([\s\S]*?\) \{\n/, (head) => `${head}  if (p.batch > 0u) { return; }\n`),
  "reads x one further": (text) => text.replaceAll("load_x(", "load_x(1u + "),
  "reads w one further": (text) => text.replaceAll("load_w(", "load_w(1u + "),
  "stores one further": (text) => text.replace(/store_y\(([^,]+),/, "store_y(1u + ($1),"),
  "forgets bias": (text) => text.replace("sum + bias_here", "sum"),
  "takes what lies past an edge": (text) =>
    text
      .replace("return all(at < vec3u(p.xd, p.xh, p.xw));", "return true;")
      .replaceAll(/let (iny|in_y) = y < p.xh;/g, "let $1 = true;")
      .replaceAll(/let (in_y\d) = [^;]*;/g, "let $1 = vec4<bool>(true);"),
  "forgets padding": (text) =>
    text.replace("vec3u(p.pd, p.ph, p.pw)", "vec3u(p.pd, p.ph, p.pw + 1u)").replace("u - p.pw;", "u - p.pw - 1u;"),
  "skips the last turn": (text) =>
    text.replaceAll(/\b(k|kk) >= (p\.ci|blocks|turns)\)/g, "$1 + 1u >= $2)").replace("h >= end + ", "h + 1u >= end + "),
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
  "loses NaN": (text) =>
    text.replaceAll(/ m\d_\d+ = max\([^;]*;/g, "").replace(/return \(\(x > best\)[^;]*;/, "return x > best;"),
  "sums in f16": (text) =>
    text
      .replaceAll(/let (s\d+) = ([^;]*);/g, "let $1 = quantizeToF16($2);")
      .replaceAll(/(c\d+_\d+|s\d+_\d+|sum) (\+=|= fma\()([^;]*);/g, (_, to, how, rest) =>
        how === "+=" ? `${to} = quantizeToF16(${to} + ${rest});` : `${to} = quantizeToF16(fma(${rest});`,
      ),
};

const on = [
  ...[...revealing, ...revealingDepthwise].map((kase) => [convSuite, kase] as const),
  ...revealingPool.map((kase) => [maxPoolSuite, kase] as const),
  ...revealingConvMaxPool.map((kase) => [convMaxPoolSuite, kase] as const),
];
for (const [suite, kase] of on) {
  const seen = Object.entries(mistakes).filter(([name]) => !name.includes("NaN") || kase.keys["data"] === "nonfinite");
  await mutation(suite, kase, { mistakes: Object.fromEntries(seen) });
}
