// The operator files: `{"format":1,"dialect","op","cases":[…]}`, a tensor being `{name, dtype, dims, data}` with plain numbers.
import { countOf } from "@tilewright/runtime";

const DTYPES = [
  ...[
    "float32",
    "float16",
    "float64",
    "bfloat16",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "bool",
  ],
  ...["int4", "uint4"],
] as const;
export type FileDType = (typeof DTYPES)[number];

export interface FileTensor {
  readonly name: string;
  readonly dtype: FileDType;
  readonly dims: readonly number[];
  /** Integers beyond 2^53 have lost their last digits here; who needs them asks `exact`. */
  readonly data: readonly number[];
  readonly exact: boolean;
}

export type Tolerance =
  | { readonly rtol: number; readonly atol: number }
  | { readonly metric: "ULP" | "ATOL"; readonly value: number };

export interface FileCase {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  /** Of ONNX. */
  readonly opset?: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: readonly (FileTensor | null)[];
  readonly outputs: readonly (FileTensor | null)[];
  readonly tolerance: Tolerance;
}

export interface OperatorFile {
  /** `onnx/MatMul`: the folder and the file's name without .json. */
  readonly path: string;
  readonly cases: readonly FileCase[];
  /** What could not be read, each naming the file and the case; the rest still runs. */
  readonly errors: readonly { readonly name: string; readonly reason: string }[];
}

/** Reads an operator file. Malformed parts become errors that name the file and the case. */
export function readOperatorFile(path: string, text: string): OperatorFile {
  let file: { format?: unknown; cases?: unknown };
  try {
    file = JSON.parse(text);
    if (file.format !== 1 || !Array.isArray(file.cases)) throw new Error("it is no operator file of format 1");
  } catch (error) {
    return { path, cases: [], errors: [{ name: "", reason: `${path}.json: ${(error as Error).message}` }] };
  }
  const cases: FileCase[] = [];
  const errors: { name: string; reason: string }[] = [];
  for (const [i, raw] of (file.cases as Record<string, unknown>[]).entries()) {
    const name = typeof raw?.["name"] === "string" ? raw["name"] : `case ${i}`;
    try {
      cases.push(readCase(name, raw));
    } catch (error) {
      errors.push({ name, reason: `${path}.json, ${name}: ${(error as Error).message}` });
    }
  }
  return { path, cases, errors };
}

function readCase(name: string, raw: Record<string, unknown>): FileCase {
  const tensors = (key: string) => {
    if (!Array.isArray(raw[key])) throw new Error(`${key} is missing`);
    return raw[key].map((tensor, i) => (tensor === null ? null : readTensor(`${key}[${i}]`, tensor)));
  };
  const tolerance = raw["tolerance"] as Partial<Record<string, unknown>> | undefined;
  const bounds =
    tolerance && (["rtol", "atol"].every((k) => typeof tolerance[k] === "number") || typeof tolerance["value"] === "number");
  if (!bounds) throw new Error("tolerance is missing");
  return {
    name,
    op: String(raw["op"]),
    domain: String(raw["domain"] ?? ""),
    ...(typeof raw["opset"] === "number" && { opset: raw["opset"] }),
    attributes: (raw["attributes"] ?? {}) as Record<string, unknown>,
    inputs: tensors("inputs"),
    outputs: tensors("outputs"),
    tolerance: raw["tolerance"] as Tolerance,
  };
}

export function readTensor(where: string, { name, dtype, dims, data }: Record<string, unknown>): FileTensor {
  if (!DTYPES.includes(dtype as FileDType)) throw new Error(`${where} has the unknown dtype ${JSON.stringify(dtype)}`);
  if (!Array.isArray(dims) || dims.some((d) => !Number.isSafeInteger(d) || d < 0))
    throw new Error(`${where} has dims ${JSON.stringify(dims)}`);
  const count = countOf(dims as number[]);
  if (!Array.isArray(data) || data.length !== count) {
    throw new Error(
      `${where} has dims [${dims}], which hold ${count} elements, but ${Array.isArray(data) ? data.length : "no"} data`,
    );
  }
  const values = data.map(Number); // "NaN", "Infinity", "-Infinity" and long integers are strings
  const wrong = values.findIndex((value, i) => Number.isNaN(value) && data[i] !== "NaN");
  if (wrong >= 0) throw new Error(`${where}[${wrong}] is ${JSON.stringify(data[wrong])}, not a number`);
  return {
    name: String(name ?? ""),
    dtype: dtype as FileDType,
    dims: dims as number[],
    data: values,
    exact: values.every((v) => !Number.isInteger(v) || Number.isSafeInteger(v)),
  };
}
