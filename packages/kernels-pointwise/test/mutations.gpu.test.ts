import { idle, type Mistakes, mutation, reads, stores } from "@tilewright/testing/gpu";
import { pointwiseSuites } from "../src/cases.ts";

const mistakes: Mistakes = {
  ...idle,
  ...reads("x", "a", "b"),
  ...stores("y"),
  "leaves the last piece out": (text) => text.replace("< pieces)", "+ 1u < pieces)"),
  "mistakes a dimension": (text) => text.replace("i % p.d0;", "i % (p.d0 + 1u);"),
  "mistakes a coordinate": (text) => text.replace(/let c1 = (r1|i)\b/, "let c1 = c0"),
};

/** Cases that show mistakes: nothing is 0, neighbours differ, dimensions are many and ragged. */
const REVEALING: Readonly<Record<string, string>> = {
  sigmoid: "3x5x7",
  add: "2x3x4x5·3x1x5",
  transpose: "2x3x4x5",
  slice: "2x3x4x5x6x3",
  tile: "2x3",
  pad: "4x5",
  gather: "5x7·3",
  concat: "2x3·4x3",
};

for (const [name, shape] of Object.entries(REVEALING)) {
  const suite = pointwiseSuites.find(({ kernel }) => kernel.name === name)!;
  const kase = suite.cases.find(({ dtype, keys }) => dtype === "f32" && [keys["shape"], keys["shapes"]].includes(shape))!;
  await mutation(suite, kase, { mistakes });
}
