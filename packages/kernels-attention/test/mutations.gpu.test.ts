import { mutation } from "@tilewright/testing/gpu";
import { attentionSuite, revealing } from "../src/cases.ts";

await mutation(attentionSuite, revealing, { flips: { kase: revealing, options: ["right"] } });

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
