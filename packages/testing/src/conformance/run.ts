import {
  decode,
  type HostTensor,
  type Inputs,
  type Kernel,
  type Operands,
  type Result,
  type Returned,
  toF16,
} from "@tilewright/runtime";
import { compare, type SumOf } from "./compare.ts";
import type { FileCase, FileTensor, OperatorFile } from "./format.ts";

/** Where kernels run: a device, or the references. */
export type Backend = GPUDevice | "cpu";

/** What an operator's function may use. */
export interface Context {
  /** Runs a kernel as a user does. */
  run<O extends Operands, P extends string, Options extends object, Spec>(
    kernel: Kernel<O, P, Options, Spec>,
    inputs: Inputs<O, HostTensor>,
    options?: Options,
  ): Promise<Returned<O, Result>>;
  /** A float tensor for a kernel: float16 stays, float64 is rounded to float32, which is noted; anything else is unsupported. */
  float(tensor: FileTensor | null | undefined): HostTensor;
  /** Says what host code did to the data. */
  note(what: string): void;
}

export interface Answer {
  /** By name, or in the file's order. */
  readonly outputs: readonly HostTensor[] | Readonly<Record<string, HostTensor>>;
  readonly sum?: SumOf | undefined;
}

/** One small function an operator: calls of our kernels for a case. Throws {@link Unsupported} for what is not built. */
export type Operator = (kase: FileCase, context: Context) => Promise<Answer>;

/** Keyed by path: `onnx/MatMul`. */
export type Operators = Readonly<Record<string, Operator>>;

/** Why an operator without a function is unsupported. */
export const noKernel = (file: string): string => `no kernel for ${file} yet`;

export class Unsupported extends Error {}

export interface CaseResult {
  readonly file: string;
  readonly name: string;
  readonly status: "passed" | "failed" | "unsupported";
  /** error / tolerance */
  readonly ratio: number;
  readonly reason?: string;
  /** The sum's own term was added to the tolerance. */
  readonly widened: boolean;
  /** What host code did. */
  readonly notes: readonly string[];
}

/** Runs one case of a file. */
export async function runCase(file: string, kase: FileCase, operator: Operator | undefined, on: Backend): Promise<CaseResult> {
  const notes: string[] = [];
  const result = (status: CaseResult["status"], more: Partial<CaseResult> = {}): CaseResult => ({
    file,
    name: kase.name,
    status,
    ratio: 0,
    widened: false,
    notes,
    ...more,
  });
  if (!operator) return result("unsupported", { reason: noKernel(file) });
  try {
    const { outputs, sum } = await operator(kase, {
      run: (kernel, inputs, options) => kernel.run(inputs, options, on === "cpu" ? { on } : { device: on }),
      note: (what) => notes.push(what),
      float(tensor) {
        if (!tensor) throw new Error("an input is missing");
        const { data, dims, dtype } = tensor;
        if (dtype === "float16") return { data: halves(data), shape: dims, dtype: "f16" };
        if (dtype !== "float32" && dtype !== "float64") throw new Unsupported(`${dtype} inputs: no kernel of that type yet`);
        if (dtype === "float64") notes.push("float64 rounded to float32");
        return { data: Float32Array.from(data), shape: dims, dtype: "f32" };
      },
    });
    let [ratio, widened] = [0, false];
    for (const [i, expected] of kase.outputs.entries()) {
      if (!expected) continue;
      const got = Array.isArray(outputs) ? outputs[i] : (outputs as Record<string, HostTensor>)[expected.name];
      if (!got) return result("failed", { ratio: Infinity, reason: `output ${expected.name || i} was not computed` });
      if (`${got.shape}` !== `${expected.dims}`)
        return result("failed", {
          ratio: Infinity,
          reason: `output ${expected.name || i} is [${got.shape}], expected [${expected.dims}]`,
        });
      const one = compare(expected, decode(got), kase.tolerance, sum);
      ratio = Math.max(ratio, one.ratio);
      widened ||= one.widened;
      if (one.ratio > 1) return result("failed", { ratio, widened, reason: `output ${expected.name || i}${one.reason}` });
    }
    return result("passed", { ratio, widened });
  } catch (error) {
    if (error instanceof Unsupported) return result("unsupported", { reason: error.message });
    return result("failed", { ratio: Infinity, reason: (error as Error).message });
  }
}

/** Runs every case of a file that the filter leaves; what could not be read has failed. */
export async function runFile(file: OperatorFile, operators: Operators, on: Backend, filter = ""): Promise<CaseResult[]> {
  const wanted = (name: string) => `${file.path}/${name}`.includes(filter);
  const results: CaseResult[] = file.errors
    .filter(({ name }) => wanted(name))
    .map(({ name, reason }) => ({ file: file.path, name, status: "failed", ratio: Infinity, reason, widened: false, notes: [] }));
  for (const kase of file.cases) if (wanted(kase.name)) results.push(await runCase(file.path, kase, operators[file.path], on));
  return results;
}

const halves = (data: readonly number[]): Uint16Array => Uint16Array.from(data, toF16);
