export type ErrorCode = "shape" | "dtype" | "feature" | "limit" | "buffer" | "compile" | "device-lost";

/** The one error of the house. Its message says who, what was given, what was needed and what to do. */
export class KernelError extends Error {
  readonly kernel: string;
  readonly code: ErrorCode;

  constructor(kernel: string, code: ErrorCode, message: string) {
    super(`${kernel}: ${message}`);
    this.name = "KernelError";
    this.kernel = kernel;
    this.code = code;
  }
}

/** Throws a {@link KernelError}. */
export function fail(kernel: string, code: ErrorCode, message: string): never {
  throw new KernelError(kernel, code, message);
}

/** `[64,256]`, as shapes stand in messages. */
export const showShape = (shape: readonly number[]): string => `[${shape}]`;
