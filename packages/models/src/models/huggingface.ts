// What Hugging Face's configurations call things.
import type { Activation } from "@tilewright/kernels-matmul";
import { fail } from "@tilewright/runtime";

const ACTIVATIONS = {
  gelu: "gelu-erf",
  gelu_new: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
  relu: "relu",
  silu: "silu",
  swish: "silu",
} as const;

/** @throws KernelError `feature` */
export function activationOf(who: string, field: string, name: string): Activation {
  if (!Object.hasOwn(ACTIVATIONS, name))
    fail(who, "feature", `${field} is "${name}"; there are ${Object.keys(ACTIVATIONS).join(", ")}.`);
  return ACTIVATIONS[name as keyof typeof ACTIVATIONS];
}

/** Whether a configuration has these sizes. @throws KernelError `shape` with all that are wrong */
export function checkSizes<C extends object>(who: string, config: C, fields: readonly (keyof C & string)[]): void {
  const wrong = fields.filter((field) => !(Number.isInteger(config[field]) && (config[field] as number) > 0));
  if (wrong.length)
    fail(
      who,
      "shape",
      `the configuration needs integers above 0: ${wrong.map((field) => `${field} is ${JSON.stringify(config[field])}`).join(", ")}.`,
    );
}
