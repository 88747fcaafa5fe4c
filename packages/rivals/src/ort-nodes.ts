// The nodes and operands of which ONNX Runtime's graphs are made.
import { type HostTensor, memoryOf, type TensorType } from "@tilewright/runtime";
import { type Task, Unable } from "./contestant.ts";
import type { Attribute, Node, OnnxTensor, OnnxType } from "./onnx.ts";

export const MICROSOFT = "com.microsoft";

/** Operands as the model sees them. */
export type Named = Readonly<Record<string, OnnxTensor>>;

export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes?: Readonly<Record<string, Attribute>>,
  domain?: string,
): Node {
  return { op, inputs, output, attributes, domain };
}

/** Nodes over NCHW, with transposes about them where x and y have channels last; and how it was done. */
export function channelsFirst(last: boolean, y: string, make: (x: string, y: string) => Node[]): [Node[], string | undefined] {
  if (!last) return [make("x", y), undefined];
  const nodes = [
    node("Transpose", ["x"], "first", { perm: [0, 3, 1, 2] }),
    ...make("first", "last"),
    node("Transpose", ["last"], y, { perm: [0, 2, 3, 1] }),
  ];
  return [nodes, show(nodes)];
}

export const show = (nodes: readonly Node[]) => nodes.map(({ op }) => op).join(" + ");

export const operandsOf = ({ inputs }: Task): Named =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]: [string, HostTensor & TensorType]) => [
      name,
      { dtype: tensor.dtype as OnnxType, shape: tensor.shape, bytes: memoryOf(tensor, tensor.dtype) },
    ]),
  );

/** The nodes of an activation. */
export function activate(activation: string, from: string, to: string): Node[] {
  const one: Readonly<Record<string, Node[]>> = {
    relu: [node("Relu", [from], to)],
    sigmoid: [node("Sigmoid", [from], to)],
    tanh: [node("Tanh", [from], to)],
    "gelu-tanh": [node("Gelu", [from], to, { approximate: "tanh" })],
    "gelu-erf": [node("Gelu", [from], to)],
    silu: [node("Sigmoid", [from], "gate"), node("Mul", [from, "gate"], to)],
  };
  const nodes = one[activation];
  if (!nodes) throw new Unable(`${activation} is not written down for ONNX Runtime`);
  return nodes;
}
