// Every model's references against ONNX Runtime.
import { expect, test } from "vitest";
import { check } from "./onnx/check.ts";
import { onCpu, pairs, slow } from "./onnx/models.ts";

test.for(Object.entries({ ...pairs, ...slow, ...onCpu }))("%s gives what ONNX Runtime gives, on the CPU", ([, pair]) =>
  check(pair(), { on: "cpu" }),
);

test("a model that differs is seen, and so is a parameter that the graph forgets", async () => {
  const { graph, ...pair } = pairs["cnnMnist"]!();
  const half = { ...pair, graph: (g: Parameters<typeof graph>[0]) => ({ y: g.node("Mul", [graph(g)["y"]!, g.scalar(1.001)]) }) };
  await expect(check(half, { on: "cpu" })).rejects.toThrow(/largest error of y/);
  const none = { ...pair, graph: (g: Parameters<typeof graph>[0]) => ({ y: g.node("Flatten", ["x"]) }) };
  await expect(check(none, { on: "cpu" })).rejects.toThrow(/does not read/);
});
