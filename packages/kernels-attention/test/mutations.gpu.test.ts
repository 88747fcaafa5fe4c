import { barriers, idle, lanes, type Mistakes, mutation, reads, stores, sums } from "@tilewright/testing/gpu";
import { attentionSuite, revealing } from "../src/cases.ts";

const mistakes: Mistakes = {
  ...idle,
  ...barriers,
  ...sums,
  ...lanes,
  ...reads("q", "k", "v"),
  ...stores("out"),
  "sees a key too many": (text) => text.replace("position + p.right + 1", "position + p.right + 2"),
  "sees a key too few": (text) => text.replace("position + p.right + 1", "position + p.right"),
  "does not rescale": (text) => text.replace("exp2(top - most)", "exp2(most - most)"),
  "forgets the scale of scores": (text) => text.replace("(p.scale * LOG2E)", "LOG2E"),
  "takes one head for another": (text) =>
    text.replace("h / p.group", "0u").replace("let head = group / tiles % shared_heads;", "let head = 0u;"),
};
await mutation(attentionSuite, revealing, { mistakes, flips: { kase: revealing, options: ["right"] } });

// What quad's first tile does not have: values of two keys at once.
await mutation(attentionSuite, revealing, {
  only: /^quad/,
  tiles: ({ keys }) => keys === 2,
  mistakes: {
    "counts a last key alone twice": (text) => text.replace("select(0.5, 1.0, next > j)", "1.0"),
    "takes a key's values for its neighbour's": (text) => text.replaceAll("let v_next = v4(at_next,", "let v_next = v4(at,"),
    "weighs both keys alike": (text) =>
      text.replaceAll(/let (y\d+) = quadBroadcast\(weights_next/g, "let $1 = quadBroadcast(weights"),
    "sums one weight of two": (text) => text.replace("sum += weights + weights_next;", "sum += weights;"),
  },
});
