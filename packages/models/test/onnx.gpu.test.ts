// Every model on the GPU against ONNX Runtime (in a page against the references, which are held against it in Node).
import { laneDevice } from "@tilewright/testing/gpu";
import { test } from "vitest";
import { check } from "./onnx/check.ts";
import { pairs } from "./onnx/models.ts";

const device = await laneDevice();

test.for(Object.keys(pairs))("%s gives what an independent implementation gives", (name) => check(pairs[name]!(), { device }));
