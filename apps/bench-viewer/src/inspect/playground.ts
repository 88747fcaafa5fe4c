// A page of its own that runs a call's shaders, to be changed by hand: nothing of ours is in it but the text.
import {
  bytesOf,
  countOf,
  decode,
  type HostTensor,
  type Named,
  type Problem,
  sizeOf,
  type TensorType,
} from "@tilewright/runtime";
import type { AnyKernel } from "@tilewright/runtime/cases";
import { exact } from "../format.ts";

export interface Turn {
  readonly stage: number;
  /** Params that this dispatch has otherwise. */
  readonly set: Named<number>;
}

interface Call {
  readonly title: string;
  readonly kernel: AnyKernel;
  readonly problem: Problem;
  readonly inputs: Named<HostTensor>;
  readonly scratch: Named<TensorType>;
  readonly stages: readonly {
    readonly code: string;
    readonly bindings: readonly { readonly name: string; readonly writes: boolean }[];
    readonly workgroups: readonly [number, number];
  }[];
  readonly turns: readonly Turn[];
}

const FEATURES: Readonly<Record<string, string>> = {
  f16: "shader-f16",
  subgroups: "subgroups",
  chromium_experimental_subgroup_matrix: "chromium-experimental-subgroup-matrix",
};
const WRITTEN = 2048; // elements of all inputs that are written out; larger ones are made up in their own range

export function playground({ title, kernel, problem, inputs, scratch, stages, turns }: Call): string {
  const small = Object.values(inputs).reduce((sum, { shape }) => sum + countOf(shape), 0) <= WRITTEN;
  const buffers = [...Object.entries(problem.types), ...Object.entries(scratch)].map(([name, type]) => ({
    name,
    role: kernel.operands[name] ?? "scratch",
    dtype: type.dtype,
    shape: type.shape,
    bytes: Math.max(4, sizeOf(type)),
    ...valuesOf(inputs[name], type, small),
  }));
  const enabled = stages.flatMap(({ code }) => [...code.matchAll(/^enable (\w+);/gm)].map(([, name]) => name!));
  const features = [...new Set(enabled)].flatMap((name) => FEATURES[name] ?? []);
  const words = (set: Named<number>) =>
    Object.entries(kernel.params).map(
      ([name, type]) => [type === "f32" ? "f" : "u", (set[name] ?? problem.params[name])!] as const,
    );
  const plain = stages.map(({ bindings, workgroups }) => ({
    bindings: bindings.map(({ name, writes }) => [name, writes ? "storage" : "read-only-storage"]),
    workgroups,
  }));
  const lines = (list: readonly unknown[]) => `[\n${list.map((one) => `  ${JSON.stringify(one)},`).join("\n")}\n]`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title)}</title>
<h1>${escaped(title)}</h1>
<pre id="said">Running …</pre>
${stages.map(({ code }, i) => `<script type="text/wgsl" id="pass${i}">\n${code}</script>`).join("\n")}
<script type="module">
// The shaders above, on buffers of the right sizes.${small ? "" : " Numbers are made up in the range of the case's own."}
const features = ${JSON.stringify(features)};
const buffers = ${lines(buffers)};
const passes = ${lines(plain)};
// Dispatches in their order: the pass, and the words of its params ("u": an integer, "f": a float).
const turns = ${lines(turns.map(({ stage, set }) => [stage, words(set)]))};
${RUN}</script>
</html>
`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function valuesOf(input: HostTensor | undefined, type: TensorType, written: boolean): object {
  if (!input) return {};
  const numbers = decode({ data: input.data, dtype: type.dtype });
  if (written) return { values: Array.from(numbers, (x) => (Number.isFinite(x) && !Object.is(x, -0) ? x : exact(x))) };
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i])) continue;
    if (numbers[i]! < least) least = numbers[i]!;
    if (numbers[i]! > most) most = numbers[i]!;
  }
  return { range: least > most ? [0, 0] : [least, most], count: countOf(type.shape), each: bytesOf(type.dtype) };
}

const RUN = `
const said = document.querySelector("#said");
const say = (text) => { said.textContent = text; };
try {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("there is no WebGPU here");
  const missing = features.filter((name) => !adapter.features.has(name));
  if (missing.length) throw new Error("this adapter lacks " + missing.join(", "));
  const limits = ["maxStorageBufferBindingSize", "maxBufferSize", "maxComputeWorkgroupStorageSize", "maxComputeInvocationsPerWorkgroup",
    "maxComputeWorkgroupSizeX", "maxStorageBuffersPerShaderStage"];
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredFeatures: features, requiredLimits });
  let problem;
  device.addEventListener("uncapturederror", ({ error }) => { problem ??= error.message; });

  // f16 by its bits
  const half = (x) => {
    const [word] = new Uint32Array(Float32Array.of(x).buffer);
    const [sign, e, m] = [(word >>> 16) & 0x8000, ((word >>> 23) & 255) - 112, word & 0x7fffff];
    if (Number.isNaN(x)) return 0x7e00;
    if (e >= 31) return sign | 0x7c00;
    return e > 0 ? sign | ((e << 10) + ((m + 0x1000) >>> 13)) : e > -10 ? sign | ((m | 0x800000) >>> (14 - e)) : sign;
  };
  const whole = (h) => {
    const [sign, e, m] = [h & 0x8000 ? -1 : 1, (h >> 10) & 31, h & 1023];
    return e === 31 ? (m ? NaN : sign * Infinity) : sign * (e ? 2 ** (e - 15) * (1 + m / 1024) : m * 2 ** -24);
  };
  const ARRAYS = { f32: Float32Array, f16: Uint16Array, i32: Int32Array, u32: Uint32Array, i8: Int8Array, u8: Uint8Array };
  let seed = 1;
  const random = () => { seed ^= seed << 13; seed ^= seed >>> 17; seed ^= seed << 5; return (seed >>> 0) / 2 ** 32; };
  const made = ({ dtype, values, range, count, bytes }) => {
    const data = new ARRAYS[dtype](bytes / ARRAYS[dtype].BYTES_PER_ELEMENT);
    const put = dtype === "f16" ? half : (x) => x;
    if (values) values.forEach((x, i) => { data[i] = put(Number(x)); });
    else if (range) {
      const [least, most] = range;
      const number = dtype.startsWith("f") ? () => least + (most - least) * random() : () => Math.floor(least + (most - least + 1) * random());
      for (let i = 0; i < count; i++) data[i] = put(number());
    }
    return data;
  };
  const on = {};
  for (const one of buffers) {
    on[one.name] = device.createBuffer({ label: one.name, size: one.bytes, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
    if (one.role.startsWith("in")) device.queue.writeBuffer(on[one.name], 0, made(one));
  }

  // Params: a slot of 256 bytes for every dispatch.
  const hasParams = turns.some(([, words]) => words.length > 0);
  const params = device.createBuffer({ size: 256 * turns.length, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  turns.forEach(([, words], slot) => {
    const view = new DataView(new ArrayBuffer(256));
    words.forEach(([type, value], i) => type === "f" ? view.setFloat32(4 * i, value, true) : view.setUint32(4 * i, value, true));
    device.queue.writeBuffer(params, 256 * slot, view);
  });
  const ready = await Promise.all(passes.map(async ({ bindings }, i) => {
    const code = document.querySelector("#pass" + i).textContent;
    const kinds = [...bindings.map(([, type]) => type), ...(hasParams ? ["uniform"] : [])];
    const entries = kinds.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
    const layout = device.createBindGroupLayout({ entries });
    const pipeline = await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
    });
    return { layout, pipeline };
  }));
  const groups = turns.map(([pass], slot) => {
    const resources = [...passes[pass].bindings.map(([name]) => ({ buffer: on[name] })), ...(hasParams ? [{ buffer: params, offset: 256 * slot, size: 256 }] : [])];
    return device.createBindGroup({ layout: ready[pass].layout, entries: resources.map((resource, binding) => ({ binding, resource })) });
  });
  const run = async (times) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      turns.forEach(([at], slot) => {
        pass.setPipeline(ready[at].pipeline);
        pass.setBindGroup(0, groups[slot]);
        pass.dispatchWorkgroups(...passes[at].workgroups);
      });
      pass.end();
      device.queue.submit([encoder.finish()]);
    }
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - start) / times;
  };
  const first = await run(1);

  const lines = [];
  for (const { name, role, dtype, shape, bytes } of buffers) {
    if (!role.startsWith("out") && role !== "inout") continue;
    const back = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(on[name], 0, back, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await back.mapAsync(GPUMapMode.READ);
    const count = shape.reduce((a, b) => a * b, 1);
    const some = [...new ARRAYS[dtype](back.getMappedRange())].slice(0, Math.min(8, count)).map((x) => dtype === "f16" ? whole(x) : x);
    lines.push(name + " " + dtype + " [" + shape + "]: " + some.map((x) => +x.toPrecision(6)).join(", ") + (count > 8 ? ", …" : ""));
  }
  const times = Math.max(1, Math.min(50, Math.round(500 / first)));
  const each = await run(times);
  if (problem) throw new Error(problem);
  say(lines.join("\\n") + "\\n\\n" + turns.length + " dispatches, " + each.toPrecision(3) + " ms (mean of " + times + " runs)");
} catch (error) {
  say("Failed: " + error.message);
}
`;
