// ONNX Runtime's operators on quantised weights as calls of ours.
import { type HostTensor, tensor } from "@tilewright/runtime";
import { type FileTensor, type Operators, Unsupported } from "@tilewright/testing/conformance";
import { embeddingQuantized, type Layout, matmulQuantized, quantizedFromBytes } from "../src/index.ts";

const bytes = ({ data }: FileTensor): Uint8Array => Uint8Array.from(data, (x) => x & 255);

/** 4-bit elements, one an entry, as the bytes that hold them in memory: rows of whole bytes. */
function nibbles({ data, dims }: FileTensor, columns = dims.at(-1)!): Uint8Array {
  const across = Math.ceil(columns / 2);
  const packed = new Uint8Array((data.length / columns) * across);
  data.forEach((x, i) => {
    const at = Math.floor(i / columns) * across + ((i % columns) >> 1);
    packed[at]! |= (x & 15) << (4 * ((i % columns) & 1));
  });
  return packed;
}

export const quantizedFamily: readonly string[] = ["onnx/com.microsoft.MatMulNBits", "onnx/com.microsoft.GatherBlockQuantized"];

export const quantizedOperators: Operators = {
  "onnx/com.microsoft.MatMulNBits": async ({ attributes, inputs }, { run, float }) => {
    const {
      K,
      N,
      block_size: group,
      bits,
    } = attributes as { K: number; N: number; block_size: Layout["group"]; bits: Layout["bits"] };
    const [a, b, scales, zeros, order, bias] = inputs;
    if (order) throw new Unsupported("g_idx reorders the weights: no kernel does that");
    if (zeros && zeros.dtype !== "uint8") throw new Unsupported(`${zeros.dtype} zero points: ours are packed codes`);
    const w = quantizedFromBytes(
      { weights: bytes(b!), scales: float(scales).data, zeros: zeros ? bytes(zeros) : undefined },
      [N, Math.ceil(K / group) * group],
      { bits, group },
    );
    return {
      outputs: [await run(matmulQuantized, { a: float(a), ...w.operands, bias: bias ? float(bias) : undefined }, w.options)],
    };
  },

  "onnx/com.microsoft.GatherBlockQuantized": async ({ attributes, inputs }, { run, float }) => {
    const {
      block_size: group,
      gather_axis = 0,
      quantize_axis = 1,
      bits = 4,
    } = attributes as {
      block_size: Layout["group"];
      gather_axis?: number;
      quantize_axis?: number;
      bits?: Layout["bits"];
    };
    const [table, indices, scales, zeros] = inputs;
    const [rows, ...rest] = table!.dims as [number, ...number[]];
    if (gather_axis !== 0 || quantize_axis !== rest.length)
      throw new Unsupported("only rows along the first axis, quantised along the last");
    const k = rest.reduce((x, y) => x * y, 1);
    const codes = (t: FileTensor, columns: number) => (t.dtype === "uint8" ? bytes(t) : nibbles(t, columns));
    const { data, dtype } = float(scales);
    const w = quantizedFromBytes(
      { weights: codes(table!, k), scales: data, zeros: zeros ? codes(zeros, k / group) : undefined },
      [rows, k],
      { bits, group, signed: table!.dtype === "int4" },
    );
    const at: HostTensor = tensor(Int32Array.from(indices!.data), indices!.dims);
    const y = await run(embeddingQuantized, { indices: at, ...w.operands }, { ...w.options, dtype: dtype as "f32" | "f16" });
    return { outputs: [{ ...y, shape: [...indices!.dims, ...rest] }] };
  },
};
