// MNIST's own file format, gzipped or not: http://yann.lecun.com/exdb/mnist
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface Labelled {
  readonly count: number;
  /** 28 x 28 bytes each, 255 being ink. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

function bytesOf(folder: string, names: readonly string[]): Uint8Array {
  const found = names.flatMap((name) => [name, `${name}.gz`]).find((name) => existsSync(join(folder, name)));
  if (!found) throw new Error(`${folder} has none of ${names.map((name) => `${name}[.gz]`).join(", ")}`);
  const bytes = readFileSync(join(folder, found));
  return found.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** Big-endian words (magic, count, rows, columns), then the bytes. */
function idx(bytes: Uint8Array, magic: number, head: number): { count: number; data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== magic) throw new Error(`an idx file of magic ${magic} begins with ${view.getUint32(0)}`);
  return { count: view.getUint32(4), data: bytes.subarray(head) };
}

/** @param parts beginnings of the files' names, the first that is there: `train`, `t10k` */
export function readLabelled(folder: string, parts: readonly string[]): Labelled {
  const images = idx(
    bytesOf(
      folder,
      parts.map((part) => `${part}-images-idx3-ubyte`),
    ),
    0x803,
    16,
  );
  const labels = idx(
    bytesOf(
      folder,
      parts.map((part) => `${part}-labels-idx1-ubyte`),
    ),
    0x801,
    8,
  );
  if (images.count !== labels.count || images.data.length !== 784 * images.count)
    throw new Error(`${images.count} images of ${images.data.length} bytes, ${labels.count} labels`);
  return { count: images.count, images: images.data, labels: labels.data };
}
