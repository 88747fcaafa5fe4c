// Mistakes that a person could make, made in the emitted texts of every pass: parity must see every one.
import type { Tile } from "@tilewright/runtime";
import { idle, lanes, type Mistakes, mutation } from "@tilewright/testing/gpu";
import { gruSuite, lstmCellSuite, lstmSuite, revealing } from "../src/cases.ts";

const mistakes: Mistakes = {
  ...idle,
  ...lanes,
  "leaves the last step out": (text) => text.replace("if (s >= p.t)", "if (s + 1u >= p.t)"),
  "reads the state it writes": (text) => text.replace("let old_half = (s & 1u)", "let old_half = ((s + 1u) & 1u)"),
  "forgets lengths": (text) => text.replace("min(u32(load_lengths(b)), p.t)", "p.t"),
  "goes forward only": (text) => text.replace("let back = dir == 1u", "let back = false"),
  "forgets h0": (text) => text.replaceAll("load_h0(", "0.0 * load_h0("),
  "forgets c0": (text) => text.replaceAll("load_c0(", "0.0 * load_c0("),
  "forgets peepholes": (text) => text.replace("unit) * old.c", "unit) * 0.0"),
  "forgets a bias": (text) => text.replace("return load_bias(row) +", "return"),
  "forgets the inner bias": (text) =>
    text
      .replace(/if \(which == GATES\) \{ return .*?; \}/, "if (which == GATES) { return 0.0; }")
      .replace("let inner = load_rBias(", "let inner = 0.0 * load_rBias("),
  "leaves the last four of a row out": (text) =>
    text.replaceAll("if (k >= count)", "if (k + 1u >= count)").replaceAll("if (16u * k >= ", "if (16u * k + 16u >= "),
  "takes one gate for another": (text) => text.replace(/let (f|keep) = act0\(z1/, "let $1 = act0(z0"),
  "mixes the other way": (text) => text.replace("- keep) * n + keep * h", "- keep) * h + keep * n"),
  "stores y one further": (text) => text.replaceAll(/out_y\((y\d+) \+/g, "out_y($1 + 1u +"),
  "drops the barriers": (text) => text.replaceAll("workgroupBarrier();", ""),
  "sums in f16": (text) => text.replaceAll(/\b(a\d+_\d+_\d+|(?:z|inner)\d+_\d+) \+= ([^;]*);/g, "$1 = quantizeToF16($1 + $2);"),
};

// Texts that variants share (step.ts, gates.ts, pack.ts) are judged in one of them: `stepped`, without barriers, compiles in a third of the time
// that `sequence` takes, and with a row a thread in half of that again. Of `sequence` stand here what it writes itself and one mistake each in a sum, a gate and a store; of LSTM's second
// sweep its barriers, of the cells' its c0.
const tiles = ({ rows }: Tile, variant: string) => variant !== "stepped" || rows === 1;
await mutation(lstmSuite, revealing.lstm, { mistakes, tiles, only: /^stepped|^sequence drops/ });
await mutation(gruSuite, revealing.gru, {
  mistakes,
  tiles,
  only: /^resident|^stepped (.* inner bias|takes|mixes)|^sequence (does|leaves the last step|reads|.* h0|takes|stores|drops|sums)/,
});
await mutation(lstmCellSuite, revealing.lstmCell, { mistakes, only: /^cell|^sequence .* c0/ });
