// ONNX models of a few nodes. The messages and field numbers are those of onnx.proto (github.com/onnx/onnx, IR version 10) as far
// as they are used here; encoding is @bufbuild/protobuf's, which needs no generated code and no eval.
import { create, createFileRegistry, type DescMessage, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { DType, TensorType } from "@tilewright/runtime";

type Field = [number: number, kind: "int64" | "int32" | "float" | "string" | "bytes" | (string & {}), repeated?: "repeated"];

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ModelProto: {
    ir_version: [1, "int64"],
    producer_name: [2, "string"],
    graph: [7, "GraphProto"],
    opset_import: [8, "OperatorSetIdProto", "repeated"],
  },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  GraphProto: {
    node: [1, "NodeProto", "repeated"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "repeated"],
    input: [11, "ValueInfoProto", "repeated"],
    output: [12, "ValueInfoProto", "repeated"],
  },
  NodeProto: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    op_type: [4, "string"],
    attribute: [5, "AttributeProto", "repeated"],
    domain: [7, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    ints: [8, "int64", "repeated"],
    type: [20, "int32"],
  },
  TensorProto: {
    dims: [1, "int64", "repeated"],
    data_type: [2, "int32"],
    name: [8, "string"],
    raw_data: [9, "bytes"],
  },
  ValueInfoProto: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: { tensor_type: [1, "TensorTypeProto"] },
  TensorTypeProto: { elem_type: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "DimensionProto", "repeated"] },
  DimensionProto: { dim_value: [1, "int64"] },
};

// All of proto2 with explicit presence, as onnx.proto is: a zero that was set is written.
const registry = createFileRegistry(
  fromJson(FileDescriptorProtoSchema, {
    name: "onnx.proto",
    package: "onnx",
    syntax: "proto2",
    messageType: Object.entries(MESSAGES).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([field, [number, kind, repeated]]) => ({
        name: field,
        number,
        label: repeated ? "LABEL_REPEATED" : "LABEL_OPTIONAL",
        ...(kind in MESSAGES ? { type: "TYPE_MESSAGE", typeName: `.onnx.${kind}` } : { type: `TYPE_${kind.toUpperCase()}` }),
      })),
    })),
  } as JsonValue),
  () => undefined,
);
const message = (name: string): DescMessage => registry.getMessage(`onnx.${name}`)!;

/** TensorProto.DataType */
const TYPES = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, f16: 10, u32: 12 } as const satisfies Record<DType | "i64", number>;
export type OnnxType = keyof typeof TYPES;

export interface OnnxTensor {
  readonly dtype: OnnxType;
  readonly shape: readonly number[];
  /** Little-endian, as in memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Integers as numbers, floats as `{ f }`. */
export type Attribute = number | string | readonly number[] | { readonly f: number };

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>> | undefined;
  /** ONNX' own unless given. */
  readonly domain?: string | undefined;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: Readonly<Record<string, { readonly dtype: OnnxType; readonly shape: readonly number[] }>>;
  readonly initializers: Readonly<Record<string, OnnxTensor>>;
  readonly outputs: Readonly<Record<string, TensorType>>;
}

function attribute(name: string, value: Attribute) {
  if (typeof value === "number") return { name, type: 2, i: BigInt(value) };
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  if ("f" in value) return { name, type: 1, f: value.f };
  return { name, type: 7, ints: value.map(BigInt) };
}

const valueInfo = ([name, { dtype, shape }]: [string, { dtype: OnnxType; shape: readonly number[] }]) => ({
  name,
  type: {
    tensorType: { elemType: TYPES[dtype], shape: { dim: shape.map((d) => ({ dimValue: BigInt(d) })) } },
  },
});

/** A ModelProto's bytes. */
export function onnxModel({ nodes, inputs, initializers, outputs }: Graph): Uint8Array<ArrayBuffer> {
  const model = create(message("ModelProto"), {
    irVersion: 10n,
    producerName: "tilewright",
    opsetImport: [
      { domain: "", version: 21n },
      { domain: "com.microsoft", version: 1n },
    ],
    graph: {
      name: "g",
      node: nodes.map(({ op, inputs: from, output, attributes = {}, domain = "" }) => ({
        input: [...from],
        output: [output],
        opType: op,
        domain,
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer: Object.entries(initializers).map(([name, { dtype, shape, bytes }]) => ({
        name,
        dataType: TYPES[dtype],
        dims: shape.map(BigInt),
        rawData: bytes,
      })),
      input: Object.entries(inputs).map(valueInfo),
      output: Object.entries(outputs).map(valueInfo),
    },
  } as Record<string, unknown>);
  return toBinary(message("ModelProto"), model);
}
