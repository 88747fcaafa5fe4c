// The header of a safetensors file, read as one would read a stranger's: everything is checked before anything is allocated.
// Format: 8 bytes length (little endian), that many bytes of JSON, the tensors' bytes: github.com/huggingface/safetensors
import { fail } from "@tilewright/runtime";

const WHO = "safetensors";

/** Bits of an element. */
const BITS = {
  ...{ BOOL: 8, U8: 8, I8: 8, F8_E4M3: 8, F8_E5M2: 8, U16: 16, I16: 16, F16: 16, BF16: 16 },
  ...{ U32: 32, I32: 32, F32: 32, U64: 64, I64: 64, F64: 64 },
} as const;
export type StoredType = keyof typeof BITS;

/** A tensor of a file: `begin` and `end` count bytes behind the header. */
export interface Entry {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order in which they lie in the file. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The most that a header may take, as in the format's own library. */
const MOST = 100_000_000;

const bad = (message: string): never => fail(WHO, "shape", `not a safetensors file, or a damaged one: ${message}`);

/**
 * The header's length from a file's first 8 bytes.
 * @param size of the whole file, where it is known
 * @throws KernelError `shape`
 */
export function headerLength(first: Uint8Array, size: number | undefined): number {
  if (first.length < 8) bad(`it has ${first.length} bytes; the header's length alone takes 8.`);
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MOST)) bad(`its header would be ${length} bytes long; at most ${MOST} are read.`);
  if (length < 2n) bad(`its header is ${length} bytes long.`);
  if (size !== undefined && 8 + Number(length) > size)
    bad(`its header is ${length} bytes long, but the file ends after ${size - 8} of them.`);
  return Number(length);
}

/**
 * The tensors that a header tells of, which must lie side by side and fill the file.
 * @param bytes of data behind the header, where they are known
 * @throws KernelError `shape`
 */
export function parseHeader(text: Uint8Array, bytes: number | undefined): Header {
  const value = jsonOf(text, "its header", bad);
  if (!isRecord(value)) return bad("its header is no JSON object.");

  const { __metadata__: metadata = {}, ...tensors } = value;
  if (!isRecord(metadata) || Object.values(metadata).some((one) => typeof one !== "string"))
    bad("its __metadata__ is no record of texts.");
  const entries = Object.entries(tensors)
    .map(([name, one]) => entryOf(name, one))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at)
      bad(
        `${JSON.stringify(name)} begins at byte ${begin}, where ${begin < at ? `another tensor lies until ${at}` : `${at} is next`}.`,
      );
    at = end;
  }
  if (bytes !== undefined && at !== bytes)
    bad(`its tensors take ${at} bytes, but ${bytes} follow the header: it is ${at > bytes ? "cut off" : "too long"}.`);
  return { entries, metadata: metadata as Record<string, string> };
}

/**
 * What a JSON object's bytes say; no key may stand twice.
 * @param what it is, at the beginning of a complaint
 */
export function jsonOf(text: Uint8Array, what: string, bad: (message: string) => never): unknown {
  let json: string;
  let value: unknown;
  let twice: string | undefined;
  try {
    json = new TextDecoder("utf-8", { fatal: true }).decode(text);
    value = JSON.parse(json);
    twice = repeatedKey(json);
  } catch (error) {
    return bad(`${what} is no JSON (${(error as Error).message}).`);
  }
  if (!json.startsWith("{")) bad(`${what} is no JSON object.`);
  if (twice !== undefined) bad(`${what} has ${JSON.stringify(twice)} twice.`);
  return value;
}

function entryOf(name: string, given: unknown): Entry {
  const quoted = JSON.stringify(name);
  if (!isRecord(given)) return bad(`${quoted} is no object.`);
  const { dtype, shape, data_offsets: offsets } = given;
  if (typeof dtype !== "string" || !Object.hasOwn(BITS, dtype)) bad(`${quoted} has the unknown dtype ${JSON.stringify(dtype)}.`);
  if (!isSizes(shape)) return bad(`${quoted} has the shape ${JSON.stringify(shape)}; needed are integers from 0 to 2^53.`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return bad(`${quoted} has the offsets ${JSON.stringify(offsets)}; needed are two integers, the first not behind the second.`);
  const type = dtype as StoredType;
  // Exact for any shape: 2^53 times 2^53 is no number that could be checked.
  const needed = shape.reduce((product, d) => product * BigInt(d), BigInt(BITS[type] / 8));
  const [begin, end] = offsets as [number, number];
  if (needed !== BigInt(end - begin))
    bad(`${quoted} is ${dtype} [${shape}], which takes ${needed} bytes; its offsets hold ${end - begin}.`);
  return { name, dtype: type, shape, begin, end };
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);

/** A key that some object of a JSON text has twice, of which JSON.parse would tell the last. */
function repeatedKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // keys of each object; undefined: an array
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token.endsWith(":")) {
      const key = JSON.parse(token.slice(0, -1)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
