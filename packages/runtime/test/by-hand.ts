// What a caller of the compose style does himself: buffers, reading back, a pass of his own.
import { expect } from "vitest";

export const vector = (n: number) => ({ shape: [n], dtype: "f32" }) as const;

export function byHand(device: GPUDevice) {
  /** A buffer of the caller's, not made by the runtime. */
  function own(values: readonly number[], offset = 0): GPUBuffer {
    const buffer = device.createBuffer({
      size: offset + values.length * 4,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    device.queue.writeBuffer(buffer, offset, Float32Array.from(values));
    return buffer;
  }

  async function read(buffer: GPUBuffer): Promise<number[]> {
    const back = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, back, 0, buffer.size);
    device.queue.submit([encoder.finish()]);
    await back.mapAsync(GPUMapMode.READ);
    const values = Array.from(new Float32Array(back.getMappedRange()));
    back.destroy();
    return values;
  }

  /** One pass of the caller's, submitted; what WebGPU has to say about it fails the test. */
  async function submit(work: (pass: GPUComputePassEncoder) => void): Promise<void> {
    device.pushErrorScope("validation");
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    work(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    expect((await device.popErrorScope())?.message).toBeUndefined();
  }

  return { own, read, submit };
}
