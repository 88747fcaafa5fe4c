// Bytes from anywhere, front to back: nothing is read before it is asked for, and nothing twice.
import { fail } from "@tilewright/runtime";

/** A file's bytes, a Blob or File (in Node `await fs.openAsBlob(path)`), an URL to fetch, or a response that was fetched. */
export type Source = Uint8Array | ArrayBuffer | Blob | URL | string | Response;

export interface ReadHow {
  /** Bytes read so far and in all (undefined where a server does not tell). */
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Bytes {
  /** Of the whole, where it is known. */
  readonly size: number | undefined;
  /** The next `count` bytes; fewer where the source ends. Memory is taken for what has come, never for what was promised. */
  take(count: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends a transfer that is not needed any more. */
  close(): Promise<void>;
}

export async function open(source: Source, { onProgress, signal }: ReadHow = {}): Promise<Bytes> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    const all = source instanceof ArrayBuffer ? new Uint8Array(source) : (source as Uint8Array<ArrayBuffer>);
    return ranges(all.length, async (from, to) => all.subarray(from, to), onProgress, signal);
  }
  if (source instanceof Blob)
    return ranges(
      source.size,
      async (from, to) => new Uint8Array(await source.slice(from, to).arrayBuffer()),
      onProgress,
      signal,
    );
  const response = source instanceof Response ? source : await fetch(source, signal ? { signal } : {});
  if (!response.ok || !response.body)
    fail("safetensors", "shape", `${response.url || source} answered ${response.status} ${response.statusText}.`);
  return stream(response, onProgress, signal);
}

function ranges(
  size: number,
  read: (from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>,
  onProgress: ReadHow["onProgress"],
  signal: AbortSignal | undefined,
): Bytes {
  let at = 0;
  return {
    size,
    async take(count) {
      signal?.throwIfAborted();
      const from = at;
      at = Math.min(size, at + count);
      const bytes = await read(from, at);
      onProgress?.(at, size);
      return bytes;
    },
    close: async () => {},
  };
}

function stream(response: Response, onProgress: ReadHow["onProgress"], signal: AbortSignal | undefined): Bytes {
  const reader = response.body!.getReader();
  // The length is of what is sent: of something else than the file, where that is compressed.
  const length = response.headers.get("content-encoding") ? null : response.headers.get("content-length");
  const size = length === null ? undefined : Number(length);
  let rest: Uint8Array = new Uint8Array(0);
  let read = 0;
  const stop = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", stop);
  return {
    size,
    async take(count) {
      const parts: Uint8Array[] = [];
      let got = 0;
      while (got < count) {
        signal?.throwIfAborted();
        if (rest.length === 0) {
          const { done, value } = await reader.read();
          signal?.throwIfAborted();
          if (done) break;
          rest = value;
          read += value.length;
          onProgress?.(read, size);
        }
        const part = rest.subarray(0, count - got);
        rest = rest.subarray(part.length);
        parts.push(part);
        got += part.length;
      }
      const all = new Uint8Array(got);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
    async close() {
      signal?.removeEventListener("abort", stop);
      await reader.cancel().catch(() => {});
    },
  };
}
