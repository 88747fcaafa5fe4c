import { parity } from "@tilewright/testing/gpu";
import { embeddingQuantizedSuite, matmulQuantizedSuite } from "../src/cases.ts";

await parity(matmulQuantizedSuite);
await parity(embeddingQuantizedSuite);
