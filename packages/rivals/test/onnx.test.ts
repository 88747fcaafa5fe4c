// The bytes of a model, read by a few lines that know nothing of our field table: tag, wire type, length, as protobuf's encoding says.
import { describe, expect, test } from "vitest";
import { onnxModel } from "../src/onnx.ts";

type Wire = { readonly [field: number]: (bigint | Uint8Array)[] };

function parse(bytes: Uint8Array): Wire {
  const fields: Record<number, (bigint | Uint8Array)[]> = {};
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const take = (length: number) => bytes.subarray(at, (at += length));
    const value = (tag & 7) === 0 ? varint() : take((tag & 7) === 2 ? Number(varint()) : (tag & 7) === 5 ? 4 : 8);
    (fields[tag >> 3] ??= []).push(value);
  }
  expect(at).toBe(bytes.length);
  return fields;
}
const inside = (wire: Wire, field: number, i = 0): Wire => parse(wire[field]![i] as Uint8Array);
const text = (wire: Wire, field: number, i = 0): string => new TextDecoder().decode(wire[field]![i] as Uint8Array);

describe("an ONNX model", () => {
  const model = parse(
    onnxModel({
      nodes: [
        {
          op: "MatMulNBits",
          inputs: ["a", "w", "s"],
          output: "y",
          attributes: { K: 32, bits: 0, epsilon: { f: 0.5 }, mode: "tanh", perm: [1, 0] },
          domain: "com.microsoft",
        },
      ],
      inputs: { a: { dtype: "f16", shape: [2, 0] } },
      initializers: { w: { dtype: "u8", shape: [1, 3], bytes: Uint8Array.of(7, 0, 255) } },
      outputs: { y: { dtype: "f32", shape: [2, 300] } },
    }),
  );
  const graph = inside(model, 7);

  test("has its version and operator sets", () => {
    expect(model[1]).toEqual([10n]);
    expect(model[8]!.map((_, i) => [text(inside(model, 8, i), 1), inside(model, 8, i)[2]])).toEqual([
      ["", [21n]],
      ["com.microsoft", [1n]],
    ]);
  });

  test("has its node with attributes of each kind, zeros included", () => {
    const node = inside(graph, 1);
    expect([text(node, 1, 0), text(node, 1, 1), text(node, 1, 2)]).toEqual(["a", "w", "s"]);
    expect([text(node, 2), text(node, 4), text(node, 7)]).toEqual(["y", "MatMulNBits", "com.microsoft"]);
    const [k, bits, epsilon, mode, perm] = node[5]!.map((_, i) => inside(node, 5, i));
    expect([text(k!, 1), k![3], k![20]]).toEqual(["K", [32n], [2n]]);
    expect([text(bits!, 1), bits![3]]).toEqual(["bits", [0n]]);
    expect(new Float32Array((epsilon![2]![0] as Uint8Array).slice().buffer)[0]).toBe(0.5);
    expect([text(mode!, 4), mode![20]]).toEqual(["tanh", [3n]]);
    expect([perm![8], perm![20]]).toEqual([[1n, 0n], [7n]]);
  });

  test("has its weights as raw bytes, and the types of inputs and outputs", () => {
    const weights = inside(graph, 5);
    expect([weights[1], weights[2], text(weights, 8)]).toEqual([[1n, 3n], [2n], "w"]);
    expect([...(weights[9]![0] as Uint8Array)]).toEqual([7, 0, 255]);
    const typeOf = (info: Wire) => {
      const type = inside(inside(info, 2), 1);
      const shape = inside(type, 2);
      return [text(info, 1), type[1], shape[1]!.map((_, i) => inside(shape, 1, i)[1])];
    };
    expect(typeOf(inside(graph, 11))).toEqual(["a", [10n], [[2n], [0n]]]);
    expect(typeOf(inside(graph, 12))).toEqual(["y", [1n], [[2n], [300n]]]);
  });
});
