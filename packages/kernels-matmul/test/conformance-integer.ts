// Integer operators of other worlds as calls of matmulInteger.
import type { DType, HostTensor } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operator,
  type Operators,
  Unsupported,
} from "@tilewright/testing/conformance";
import { type MatmulIntegerOptions, matmulInteger } from "../src/index.ts";

const DTYPES: Readonly<Record<string, DType>> = {
  int8: "i8",
  uint8: "u8",
  int32: "i32",
  uint32: "u32",
  bool: "u32",
  int64: "i32",
  uint64: "u32",
};

/** Whether a tensor is one for this kernel. */
export const isInteger = (tensor: FileTensor | null | undefined): boolean => !!tensor && tensor.dtype in DTYPES;

/** 64-bit data runs in 32 bits where it fits. */
function integer(tensor: FileTensor | null | undefined, { note }: Context): HostTensor {
  if (!tensor) throw new Error("an input is missing");
  const { dtype, data, dims } = tensor;
  const kind = DTYPES[dtype];
  if (!kind) throw new Unsupported(`${dtype} inputs: no kernel of that type yet`);
  if (dtype.endsWith("64")) {
    checkFits(tensor);
    note(`${dtype} as ${kind}`);
  }
  return { data, shape: dims, dtype: kind };
}

function checkFits({ dtype, data }: FileTensor): void {
  const least = dtype === "uint64" ? 0 : -(2 ** 31);
  if (data.some((x) => x < least || x >= least + 2 ** 32)) throw new Unsupported(`${dtype} values that do not fit 32 bits`);
}

interface Rescale {
  readonly scale: HostTensor;
  readonly zero: HostTensor;
}

/** a · b with NumPy's rules for vectors: [k] stands for [1, k] before and for [k, 1] behind, and its 1 is dropped again. */
export async function integerProduct(
  kase: FileCase,
  context: Context,
  [x, y, aZero, bZero]: readonly (FileTensor | null | undefined)[],
  options: MatmulIntegerOptions = {},
  rescale?: Rescale,
): Promise<Answer> {
  const out = kase.outputs[0];
  if (out?.dtype.endsWith("64")) checkFits(out);
  const [a, b] = [integer(x, context), integer(y, context)];
  const row = a.shape.length === 1;
  const column = b.shape.length === 1;
  const c = await context.run(
    matmulInteger,
    {
      a: row ? { ...a, shape: [1, a.shape[0]!] } : a,
      b: column ? { ...b, shape: [b.shape[0]!, 1] } : b,
      ...(aZero && { aZero: integer(aZero, context) }),
      ...(bZero && { bZero: integer(bZero, context) }),
      ...rescale,
    },
    options,
  );
  const shape = [...c.shape.slice(0, -2), ...(row ? [] : [c.shape.at(-2)!]), ...(column ? [] : [c.shape.at(-1)!])];
  return { outputs: { [out?.name ?? ""]: { ...c, shape } } };
}

/** ONNX takes outputs in order. */
const first = async (answer: Promise<Answer>): Promise<Answer> => ({ outputs: Object.values((await answer).outputs) });

/** The three scales are constants of a model; a model's loader makes one factor of them, as here. */
const quantised: Operator = (kase, context) => {
  const [a, aScale, aZero, b, bScale, bZero, cScale, cZero] = kase.inputs;
  const scales = [aScale, bScale, cScale].map((tensor) => tensor?.data ?? []);
  if (scales.some(({ length }) => length !== 1)) throw new Unsupported("scales for rows or columns");
  const [sa, sb, sc] = scales.map(([value]) => value!) as [number, number, number];
  const scale = { data: Float32Array.of((sa * sb) / sc), shape: [1] };
  context.note("three scales made one factor");
  return first(integerProduct(kase, context, [a, b, aZero, bZero], {}, { scale, zero: integer(cZero, context) }));
};

export const integerFamily: readonly string[] = ["onnx/MatMulInteger", "onnx/QLinearMatMul"];

export const integerOperators: Operators = {
  "onnx/MatMulInteger": (kase, context) => first(integerProduct(kase, context, kase.inputs)),
  "onnx/QLinearMatMul": quantised,
};
