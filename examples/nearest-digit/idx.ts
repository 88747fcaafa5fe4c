/** What is wrong with a file that was given; the message names the file. */
export class DataError extends Error {
  override readonly name = "DataError";
}

/** An idx file of bytes: images [count, rows, columns] with values 0–255, or labels [count] (rows and columns are 1). */
export interface Idx {
  readonly name: string;
  readonly kind: "images" | "labels";
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly data: Uint8Array;
}

const KINDS: Readonly<Record<number, Idx["kind"]>> = { 2051: "images", 2049: "labels" }; // bytes in 3 dimensions, and in 1

/**
 * Reads the idx format: a magic number, the dimensions (32 bits each, big-endian), the bytes. Gzip is undone first.
 * @throws DataError naming the file and what is wrong with it.
 */
export async function readIdx(name: string, file: Uint8Array<ArrayBuffer>): Promise<Idx> {
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? await gunzip(name, file) : file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length >= 4 ? view.getUint32(0) : undefined;
  const kind = KINDS[magic ?? 0];
  if (magic === undefined || !kind) {
    const found = magic === undefined ? `it has ${bytes.length} bytes` : `it starts with ${magic.toString(16).padStart(8, "0")}`;
    throw new DataError(`${name} is no idx file of images (00000803) or labels (00000801): ${found}.`);
  }
  const rank = kind === "images" ? 3 : 1;
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw new DataError(`${name} is cut short: ${bytes.length} bytes do not even hold its header of ${start}.`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const [count, rows, columns] = [shape[0]!, shape[1] ?? 1, shape[2] ?? 1];
  const needed = start + count * rows * columns;
  if (bytes.length !== needed) {
    const wrong = bytes.length < needed ? "is cut short" : "is too long";
    throw new DataError(`${name} ${wrong}: ${kind} of [${shape}] take ${needed} bytes, and it has ${bytes.length}.`);
  }
  return { name, kind, count, rows, columns, data: bytes.subarray(start) };
}

async function gunzip(name: string, file: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const stream = new Blob([file]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new DataError(`${name} cannot be unzipped: it is damaged or cut short.`, { cause });
  }
}
