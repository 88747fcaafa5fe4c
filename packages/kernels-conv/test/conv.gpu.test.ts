import { parity } from "@tilewright/testing/gpu";
import {
  convIntegerSuite,
  convMaxPoolSuite,
  convQuantizedSuite,
  convSuite,
  convTransposeSuite,
  convWinogradSuite,
  winogradFilterSuite,
} from "../src/cases.ts";

await parity(convSuite);
await parity(convTransposeSuite);
await parity(convIntegerSuite);
await parity(convWinogradSuite);
await parity(convMaxPoolSuite);
await parity(convQuantizedSuite);
await parity(winogradFilterSuite);
