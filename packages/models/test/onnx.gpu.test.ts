// Every model on the GPU against ONNX Runtime (in a page against the references, which are held against it in Node).
import { laneDevice, low } from "@tilewright/testing/gpu";
import { test } from "vitest";
import { check } from "./onnx/check.ts";
import { pairs, slow } from "./onnx/models.ts";

const device = await laneDevice();

test.for(Object.entries(low ? pairs : { ...pairs, ...slow }))("%s gives what an independent implementation gives", ([, pair]) =>
  check(pair(), { device }),
);
