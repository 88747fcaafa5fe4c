import { parity } from "@tilewright/testing/gpu";
import {
  convIntegerSuite,
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
await parity(convQuantizedSuite);
await parity(winogradFilterSuite);
