// The files of a model side by side: on a server, among files that a user chose, or (in ./node.ts) in a directory.
import { fail } from "@tilewright/runtime";

/** Files by name. */
export interface Folder {
  /** Undefined where there is no such file. */
  open(name: string, how?: { readonly signal?: AbortSignal | undefined }): Promise<Blob | Response | undefined>;
}

/** @throws KernelError `shape` unless it is the name of a file, with no way to another folder */
export function checkName(name: string): void {
  if (!/^[\w][\w .+-]*$/.test(name))
    fail(
      "folder",
      "shape",
      `${JSON.stringify(name)} is no file name; needed are letters, digits, ".", "-", "_", "+" and spaces.`,
    );
}

/**
 * A folder of a server, or files that were chosen or dropped (of any folder: their last names count):
 *
 *     folder("https://huggingface.co/openai-community/gpt2/resolve/main/")
 *     folder(input.files)
 *
 * @param request of the server's files, as `{ headers }`
 */
export function folder(from: string | URL | Iterable<File>, request: RequestInit = {}): Folder {
  if (typeof from === "string" || from instanceof URL) {
    const base = `${from}`.replace(/\/?$/, "/"); // so that the last part is no file's
    return {
      async open(name, { signal } = {}) {
        checkName(name);
        const response = await fetch(new URL(name, base), signal ? { ...request, signal } : request);
        if (response.status !== 404) return response;
        await response.body?.cancel();
        return undefined;
      },
    };
  }
  const files = new Map([...from].map((file) => [file.name, file]));
  return {
    async open(name) {
      checkName(name);
      return files.get(name);
    },
  };
}

/** What a JSON file of a folder says. @throws KernelError `shape` where it is missing or no JSON */
export async function readJson<T = unknown>(from: Folder, name: string): Promise<T> {
  const file = (await from.open(name)) ?? fail("folder", "shape", `${name} is missing.`);
  if (file instanceof Response && !file.ok) fail("folder", "shape", `${name}: the server answered ${file.status}.`);
  try {
    return JSON.parse(await file.text()) as T;
  } catch (error) {
    return fail("folder", "shape", `${name} is no JSON (${(error as Error).message}).`);
  }
}
