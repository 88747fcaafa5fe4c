import { assertAlive, createBuffer } from "./caps.ts";
import { fail, KernelError, showShape } from "./error.ts";
import { arrayOf, encode } from "./host.ts";
import {
  bytesOf,
  countOf,
  type DType,
  type GpuTensor,
  type HostTensor,
  type Named,
  type Result,
  sizeOf,
  type TensorType,
  typeOf,
} from "./tensor.ts";

/** Room for a tensor on the GPU, zeros at first. Free it with `tensor.buffer.destroy()`. @throws KernelError `limit` */
export function allocate(device: GPUDevice, type: TensorType, label = "tensor"): GpuTensor {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  return { ...type, buffer: createBuffer(device, sizeOf(type), usage, label) };
}

/** What lies in memory for a host tensor of a dtype. */
export function memoryOf({ data }: HostTensor, dtype: DType): Uint8Array<ArrayBuffer> {
  const array = ArrayBuffer.isView(data) ? data : encode(data as readonly number[], dtype);
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** Writes host data into a GPU tensor of the same dtype and number of elements. @throws KernelError `shape`, `dtype` */
export function write(device: GPUDevice, into: GpuTensor, tensor: HostTensor): void {
  const { buffer, offset = 0, dtype } = into;
  const { data } = tensor;
  const type = typeOf("write", "data", Array.isArray(data) ? { ...tensor, dtype } : tensor);
  if (type.dtype !== dtype) fail("write", "dtype", `data is ${type.dtype}; the GPU tensor is ${dtype}.`);
  if (data.length !== countOf(into.shape))
    fail(
      "write",
      "shape",
      `data has ${data.length} elements; the GPU tensor ${showShape(into.shape)} holds ${countOf(into.shape)}.`,
    );
  const bytes = memoryOf(tensor, dtype);
  const whole = bytes.length & ~3; // writeBuffer takes whole words: an odd half or bytes come after, padded
  device.queue.writeBuffer(buffer, offset, bytes, 0, whole);
  if (whole < bytes.length)
    device.queue.writeBuffer(buffer, offset + whole, Uint8Array.of(...bytes.subarray(whole), 0, 0, 0), 0, 4);
}

/** A host tensor on the GPU. @throws KernelError `shape`, `dtype`, `limit` */
export function upload(device: GPUDevice, tensor: HostTensor, label = "tensor"): GpuTensor {
  const made = allocate(device, typeOf("upload", label, tensor), label);
  write(device, made, tensor);
  return made;
}

/** A buffer to read tensors back through, again and again. */
export function staging(
  device: GPUDevice,
  types: Named<TensorType>,
): {
  copy(encoder: GPUCommandEncoder, from: Named<GpuTensor>): void;
  read(): Promise<Record<string, Result>>;
  destroy(): void;
} {
  const places: [string, TensorType, number][] = [];
  let size = 0;
  for (const [name, type] of Object.entries(types)) {
    places.push([name, type, size]);
    size += Math.ceil(sizeOf(type) / 16) * 16;
  }
  const buffer = createBuffer(device, size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "read back");
  return {
    copy(encoder, from) {
      for (const [name, type, at] of places) {
        const { buffer: source, offset = 0 } = from[name]!;
        if (sizeOf(type) > 0) encoder.copyBufferToBuffer(source, offset, buffer, at, sizeOf(type));
      }
    },
    async read() {
      await buffer.mapAsync(GPUMapMode.READ);
      const mapped = buffer.getMappedRange();
      const results = places.map(([name, { shape, dtype }, at]) => {
        const data = new (arrayOf(dtype))(mapped.slice(at, at + countOf(shape) * bytesOf(dtype)));
        return [name, { shape, dtype, data }] as const;
      });
      buffer.unmap();
      return Object.fromEntries(results);
    },
    destroy: () => buffer.destroy(),
  };
}

/** A GPU tensor's data on the host; its buffer needs GPUBufferUsage.COPY_SRC. @throws KernelError `buffer`, `device-lost` */
export async function download(device: GPUDevice, tensor: GpuTensor): Promise<Result> {
  const back = staging(device, { tensor });
  try {
    const { tensor: result } = await guarded("download", device, () => {
      const encoder = device.createCommandEncoder();
      back.copy(encoder, { tensor });
      device.queue.submit([encoder.finish()]);
      return back.read();
    });
    return result!;
  } finally {
    back.destroy();
  }
}

/** Does GPU work and turns what WebGPU reports meanwhile into a KernelError. */
export async function guarded<T>(who: string, device: GPUDevice, work: () => Promise<T>): Promise<T> {
  assertAlive(who, device);
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  let result: Promise<T>;
  try {
    result = work();
  } catch (error) {
    result = Promise.reject(error);
  }
  result.catch(() => {}); // told below, after the scopes
  const [memory, validation] = await Promise.all([device.popErrorScope(), device.popErrorScope()]).catch(() => []);
  if (memory) fail(who, "limit", `out of GPU memory. ${memory.message}`);
  if (validation) fail(who, "buffer", validation.message);
  try {
    return await result;
  } catch (error) {
    if (error instanceof KernelError) throw error;
    await Promise.race([device.lost, new Promise((done) => setTimeout(done, 100))]);
    assertAlive(who, device);
    throw error;
  }
}
