// Mistakes that a person could make, made in the emitted texts: parity must see every one.
import type { Suite } from "@tilewright/runtime/cases";
import { idle, type Mistakes, mutation, reads, stores } from "@tilewright/testing/gpu";
import { layerNormSuite, sumSuite } from "../src/cases.ts";

const mistakes: Mistakes = {
  ...idle,
  ...reads("x"),
  ...stores("y"),
  "leaves the ragged end out": (text) => text.replace("(p.n + 3u) >> 2u", "p.n >> 2u"),
  "counts what is not there": (text) => text.replace("index(k) < vec4u(p.n)", "vec4<bool>(true)"),
  "loses a component": (text) => text.replace(".zwxy", ".yxwz"),
  "merges one share less": (text) => text.replace("var i = 1u; i <", "var i = 2u; i <"),
  "drops a lane's neighbour": (text) => text.replace("subgroupShuffleXor(s.sum.x, 1u << i)", "s.sum.x"),
  "leaves the last row out": (text) =>
    text.replace("unit >= p.rows", "unit + 1u >= p.rows").replace("unit < units", "unit + 1u < units"),
  "sums in f16": (text) =>
    text
      .replace("State(s.sum + select(V(), x, ok))", "State(quantizeToF16(s.sum + select(V(), x, ok)))")
      .replace("State(count, mean, squares)", "State(count, quantizeToF16(mean), squares)"),
};

const of = ({ cases }: Suite, x: string) => cases.find((kase) => kase.keys["x"] === x && kase.dtype === "f32")!;
await mutation(sumSuite, of(sumSuite, "33x131"), { mistakes });
await mutation(layerNormSuite, of(layerNormSuite, "7x5"), { mistakes });
