// ONNX Runtime on the CPU, in Node alone.
import { decode, type HostTensor, type Result, tensor } from "@tilewright/runtime";

const PACKAGE = "onnxruntime-node"; // not a literal where it is imported: a browser's bundler would follow it

/** Named outputs of a model. It has no u32: such inputs are i32 there. */
export async function byOrt(
  model: Uint8Array,
  inputs: Readonly<Record<string, Result>>,
): Promise<Readonly<Record<string, HostTensor>>> {
  const { InferenceSession, Tensor } = (await import(/* @vite-ignore */ PACKAGE)) as typeof import("onnxruntime-node");
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
  const feeds = Object.entries(inputs).map(([name, one]) => {
    const [kind, data] = one.dtype === "u32" ? ["int32", Int32Array.from(one.data)] : ["float32", Float32Array.from(decode(one))];
    return [name, new Tensor(kind as "float32", data as Float32Array, one.shape)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [name, tensor(Float32Array.from(data as Float32Array), dims)]),
  );
}
