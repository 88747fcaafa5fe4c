// What the rivals need in Node, where they are not at home: a browser's navigator.gpu, on Dawn.
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { leaveCores } from "@tilewright/runtime/node";
import { create, globals } from "webgpu";

/** ONNX Runtime's wasm, to be served beside a page that races. */
export const ortWasm: string = fileURLToPath(import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm"));

/**
 * V8's flag, here and in Chrome, that has WebAssembly optimised on the thread that runs it, so in its own turn. V8 would do it beside
 * everyone else's: seconds on a core that drivers computing on the CPU need, and a 2x2 maximum takes 1.6 ms instead of 0.8 with ORT about.
 */
export const IN_TURN = "--wasm-sync-tier-up";

let gpu: GPU | undefined; // Dawn aborts the process when this is collected while devices live

/** Makes this process look enough like a page. Before any rival is loaded. */
export function likeAPage(): void {
  if (gpu) return;
  Object.assign(globalThis, globals);
  gpu = create([]);
  leaveCores(); // for everyone: kernels are raced here, not Dawn's way of waiting
  Object.defineProperty(globalThis.navigator, "gpu", { configurable: true, value: gpu });
  setFlagsFromString(IN_TURN);
  // ORT's memory is shared, and Dawn's writeBuffer takes no view of shared memory: those are copied first.
  const write = GPUQueue.prototype.writeBuffer;
  GPUQueue.prototype.writeBuffer = function (this: GPUQueue, buffer, at, data, ...range) {
    const shared = ArrayBuffer.isView(data) && data.buffer instanceof SharedArrayBuffer;
    return write.call(this, buffer, at, shared ? copyOf(data) : (data as GPUAllowSharedBufferSource), ...range);
  } as GPUQueue["writeBuffer"];
}

function copyOf(view: ArrayBufferView): ArrayBufferView<ArrayBuffer> {
  const bytes = Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const Kind = view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView<ArrayBuffer>;
  return new Kind(bytes.buffer);
}
