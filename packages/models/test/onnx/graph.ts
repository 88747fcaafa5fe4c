// A model written down a second time, in ONNX operators: nodes over the names of inputs and parameters.

import type { Attribute, Node, OnnxTensor } from "@tilewright/rivals/onnx";
import { countOf, type HostTensor, memoryOf, type TensorType, tensor } from "@tilewright/runtime";

type Attributes = Readonly<Record<string, Attribute>>;

export interface Graph {
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** Parameters that nodes read. */
  readonly used: ReadonlySet<string>;
  /** A node of what was named or given before; the name of its first output. */
  node(op: string, inputs: readonly string[], attributes?: Attributes, domain?: string): string;
  /** A parameter's values, for weights that ONNX lays out in another way. */
  value(parameter: string): HostTensor;
  /** A constant; numbers alone are f32 of shape [length]. */
  tensor(given: HostTensor | readonly number[]): string;
  /** Sizes and indices: int64 [length]. */
  ints(values: readonly number[]): string;
  /** One number, without dimensions. */
  scalar(value: number): string;
}

/** An empty one over these parameters. */
export function graphOf(parameters: ReadonlyMap<string, HostTensor>): Graph {
  const nodes: Node[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const used = new Set<string>();
  const keep = (one: OnnxTensor, name = `constant ${initializers.size}`): string => {
    initializers.set(name, one);
    return name;
  };
  const bytes = (given: HostTensor): OnnxTensor => {
    const { data, shape, dtype } = tensor(given.data as number[], given.shape, given.dtype);
    return { dtype, shape, bytes: memoryOf({ data, shape, dtype }, dtype) };
  };
  const read = (name: string): HostTensor => {
    used.add(name);
    return parameters.get(name)!;
  };
  return {
    nodes,
    initializers,
    used,
    node(op, inputs, attributes, domain) {
      for (const name of inputs) if (parameters.has(name) && !initializers.has(name)) keep(bytes(read(name)), name);
      const output = `${op} ${nodes.length}`;
      nodes.push({ op, inputs, output, attributes, domain });
      return output;
    },
    value(name) {
      if (!parameters.has(name)) throw new Error(`there is no parameter ${name}`);
      return read(name);
    },
    tensor: (given) => keep(bytes("data" in given ? given : tensor([...given]))),
    ints: (values) =>
      keep({
        dtype: "i64",
        shape: [values.length],
        bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
      }),
    scalar: (value) => keep(bytes(tensor([value], []))),
  };
}

/** Values for a parameter that leave no part of a model unseen: no zeros and ones; variances above 0. */
export function anyValues(name: string, { shape }: TensorType, next: () => number): Float32Array {
  const uniform = (low: number, high: number) => Float32Array.from({ length: countOf(shape) }, () => low + (high - low) * next());
  if (/running_var$/.test(name)) return uniform(0.5, 1.5);
  if (shape.length < 2) return /weight$/.test(name) ? uniform(0.5, 1.5) : uniform(-0.2, 0.2);
  const limit = Math.sqrt(3 / countOf(shape.slice(1)));
  return uniform(-limit, limit);
}
