import { allocate, caps, time, type Work, wgsl, write } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";

/** What this adapter can do at most, measured: multiply-adds from registers, and a vec4 copy. */
export interface Roofs {
  /** In f32, in which kernels sum unless told otherwise. */
  readonly gflops: number;
  /** In f16, where there is shader-f16. */
  readonly gflops16?: number;
  readonly gbps: number;
}

const STEPS = 64;
const UNROLL = 8;
const CHAINS = 4; // independent sums hide the latency of one
const THREADS = 64;

const chains = (line: (i: number) => string) => Array.from({ length: CHAINS }, (_, i) => line(i)).join(" ");

const fmaOf = (vec: "vec4f" | "vec4h", scalar: "f32" | "f16") => wgsl`${scalar === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read_write> out: array<${vec}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = ${vec}(${scalar}(f32(id.x) * 1e-6));
  let y = ${vec}(0.999);
  ${chains((i) => `var s${i} = x + ${i}.0;`)}
  for (var k = 0u; k < ${STEPS}u; k++) {
    ${Array.from({ length: UNROLL }, () => chains((i) => `s${i} = fma(s${i}, y, x);`)).join("\n    ")}
  }
  out[id.x] = ${Array.from({ length: CHAINS }, (_, i) => `s${i}`).join(" + ")};
}`;

const COPY = wgsl`
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<storage, read> in: array<vec4f>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * ${THREADS}u + id.x;
  if (i < arrayLength(&out)) { out[i] = in[i]; }
}`;

/** Measures both ceilings in turns; a second or less. `software` adapters get less to do. */
export async function roofs(device: GPUDevice, software: boolean): Promise<Roofs> {
  const groups = software ? 256 : 8192;
  const megabytes = software ? 32 : 128; // twice that is touched: more than the last cache
  const bytes = megabytes * 2 ** 20;
  const out = allocate(device, { shape: [bytes / 4], dtype: "f32" });
  const from = allocate(device, { shape: [bytes / 4], dtype: "f32" });
  write(device, from, fill("uniform", [bytes / 4], "f32", 1)); // zeros compress
  const make = async (code: string, buffers: GPUBuffer[]) => {
    const pipeline = await device.createComputePipelineAsync({
      layout: "auto",
      compute: { module: device.createShaderModule({ code }) },
    });
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return { pipeline, group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) };
  };
  const fma = await make(fmaOf("vec4f", "f32"), [out.buffer]);
  const half = caps(device).f16 ? await make(fmaOf("vec4h", "f16"), [out.buffer]) : undefined;
  const copy = await make(COPY, [out.buffer, from.buffer]);
  const copies = bytes / 16 / THREADS;
  const grid = [Math.min(copies, 32768), Math.ceil(copies / 32768)] as const;
  const multiply = ({ pipeline, group }: typeof fma): Work => {
    return (pass) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(groups);
    };
  };
  const [a, b, c] = await time(device, [
    multiply(fma),
    (pass) => {
      pass.setPipeline(copy.pipeline);
      pass.setBindGroup(0, copy.group);
      pass.dispatchWorkgroups(...grid);
    },
    ...(half ? [multiply(half)] : []),
  ]);
  out.buffer.destroy();
  from.buffer.destroy();
  const flops = groups * THREADS * STEPS * UNROLL * CHAINS * 4 * 2;
  return {
    gflops: flops / a!.min / 1e6,
    ...(c && { gflops16: flops / c.min / 1e6 }),
    gbps: (2 * bytes) / b!.min / 1e6,
  };
}
