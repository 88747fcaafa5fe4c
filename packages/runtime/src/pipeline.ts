import { assertAlive, stateOf } from "./caps.ts";
import { fail } from "./error.ts";

/** One letter a binding: read-only storage, read-write storage, uniform with a dynamic offset. */
export type Layout = string;
const TYPES: Record<string, GPUBufferBindingLayout> = {
  r: { type: "read-only-storage" },
  w: { type: "storage" },
  u: { type: "uniform", hasDynamicOffset: true },
};

export function groupLayout(device: GPUDevice, layout: Layout): GPUBindGroupLayout {
  const { layouts } = stateOf(device);
  let made = layouts.get(layout);
  if (!made) {
    made = device.createBindGroupLayout({
      entries: [...layout].map((letter, binding) => ({ binding, visibility: 4, buffer: TYPES[letter]! })),
    });
    layouts.set(layout, made);
  }
  return made;
}

/** A text to compile; kernel and variant stand in labels and errors. */
export interface Shader {
  readonly kernel: string;
  readonly variant: string;
  readonly code: string;
  readonly layout: Layout;
  /** Bytes. */
  readonly immediateSize: number;
}

/** The compiled text; compiled once per device, text and layout. */
export function pipeline(device: GPUDevice, shader: Shader): Promise<GPUComputePipeline> {
  const { pipelines } = stateOf(device);
  const key = shader.layout + shader.code;
  let made = pipelines.get(key);
  if (!made) {
    made = compile(device, shader);
    made.catch(() => pipelines.delete(key)); // let a later call try again
    pipelines.set(key, made);
  }
  return made;
}

async function compile(device: GPUDevice, { kernel, variant, code, layout, immediateSize }: Shader): Promise<GPUComputePipeline> {
  assertAlive(kernel, device);
  const label = `${kernel}/${variant}`;
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label, code });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [groupLayout(device, layout)], immediateSize });
  const made = device.createComputePipelineAsync({ label, layout: pipelineLayout, compute: { module, entryPoint: "main" } });
  const scope = device.popErrorScope();
  try {
    const [result] = await Promise.all([made, scope]);
    return result;
  } catch (cause) {
    assertAlive(kernel, device);
    const { explain } = await import("./compile-error.ts");
    fail(kernel, "compile", `variant "${variant}" did not compile. ${await explain(module, code, cause as Error)}`);
  }
}
