// What a program is before there is a device: inputs, constants and the calls between them, shapes checked where they are written.
import type { Choice } from "./choose.ts";
import { checkDynamic } from "./dynamic.ts";
import { fail, showShape } from "./error.ts";
import type { Inputs, Kernel, Operands, Returned } from "./kernel.ts";
import { countOf, type GpuTensor, type HostTensor, type Named, type TensorType, typeOf } from "./tensor.ts";
import type { Problem } from "./variant.ts";

/** Any kernel, its types forgotten. */
export type AnyKernel = Kernel<Operands, string, object, unknown>;

/** A tensor of a program: an input, a constant, or what a call gives. */
export interface Value extends TensorType {
  readonly from: "input" | "constant" | "call";
  /** The value of which this is another shape. */
  readonly of?: Value;
}

/** The value that lies in memory: a reshaped one's origin. */
export const originOf = (value: Value): Value => value.of ?? value;

/** A number that may differ from run to run, at most `most`; where a run does not give it, what the call was planned with. */
export interface Param {
  readonly name: string;
  readonly most: number;
}

/** One entry of a program's tape. */
export interface Call {
  readonly kernel: AnyKernel;
  readonly inputs: Named<Value | undefined>;
  readonly options: object;
  readonly outputs: Named<Value>;
  readonly problem: Problem;
  readonly how: CallHow;
}

export interface CallHow extends Choice {
  /** Params of the kernel that follow a {@link Param} of the program. */
  readonly dynamic?: Named<Param> | undefined;
}

/** The params that a call leaves open, with the most each can be. */
export const mostOf = ({ dynamic }: CallHow): Named<number> | undefined =>
  dynamic && Object.fromEntries(Object.entries(dynamic).map(([param, { most }]) => [param, most]));

export interface Tape {
  /** The calls so far. */
  readonly calls: readonly Call[];
  readonly inputs: ReadonlyMap<string, Value>;
  /** What the constants were made of. */
  readonly constants: ReadonlyMap<Value, HostTensor | GpuTensor | TensorType>;
  input(name: string, type: TensorType): Value;
  /** Weights and other tensors that stay. On a tape alone a type will do. */
  constant(tensor: HostTensor | GpuTensor | TensorType): Value;
  /** @param most Infinity unless given, which only f32 params may be. */
  param(name: string, most?: number): Param;
  /** The same elements in another shape; costs nothing. @throws KernelError `shape` */
  reshape(value: Value, shape: readonly number[]): Value;
  /** Adds a call; shapes are checked here. @throws KernelError */
  call<O extends Operands, P extends string, Options extends object, Spec>(
    kernel: Kernel<O, P, Options, Spec>,
    inputs: Inputs<O, Value>,
    options?: Options,
    how?: CallHow,
  ): Returned<O, Value>;
  /** Whether a value was made here. */
  has(value: Value): boolean;
}

/** A program without a device, for those who infer shapes, evaluate on the CPU or differentiate. */
export function tape(): Tape {
  const calls: Call[] = [];
  const inputs = new Map<string, Value>();
  const constants = new Map<Value, HostTensor | GpuTensor | TensorType>();
  const known = new Set<Value>();
  const add = (value: Value): Value => {
    known.add(value);
    return value;
  };
  return {
    calls,
    inputs,
    constants,

    input(name, type) {
      if (inputs.has(name)) fail("program", "shape", `there is already an input "${name}".`);
      const value = add({ from: "input", ...typeOf("program", `input "${name}"`, type) });
      inputs.set(name, value);
      return value;
    },

    constant(tensor) {
      const value = add({ from: "constant", ...typeOf("program", "constant", tensor) });
      constants.set(value, tensor);
      return value;
    },

    param: (name, most = Infinity) => ({ name, most }),

    reshape(value, shape) {
      if (countOf(value.shape) !== countOf(shape))
        fail(
          "program",
          "shape",
          `${showShape(value.shape)} has ${countOf(value.shape)} elements; ${showShape(shape)} holds ${countOf(shape)}.`,
        );
      return add({ ...value, shape, of: originOf(value) });
    },

    call(kernel, given, options, how = {}) {
      const args = options ?? ({} as NonNullable<typeof options>);
      for (const [operand, value] of Object.entries(given as Named<Value | undefined>)) {
        if (value && !known.has(value))
          fail(kernel.name, "shape", `${operand} is no value of this program. Make it with input, constant or call.`);
      }
      const problem = kernel.problem(given, args);
      checkDynamic(kernel, problem as Problem, mostOf(how));
      const outputs: Record<string, Value> = {};
      let count = 0;
      let first: Value | undefined;
      for (const [operand, role] of Object.entries(kernel.operands)) {
        const type = problem.types[operand];
        if (!role.startsWith("in") && type) outputs[operand] = add({ from: "call", ...type });
        if (role === "inout") outputs[operand] = (given as Named<Value>)[operand]!;
        if (!role.startsWith("out") && role !== "inout") continue;
        count++;
        first = outputs[operand];
      }
      calls.push({
        kernel: kernel as unknown as AnyKernel,
        inputs: { ...(given as Named<Value>) },
        options: args,
        outputs,
        problem,
        how,
      });
      return (count === 1 ? first : outputs) as never;
    },

    has: (value) => known.has(value),
  };
}
