// What only Node has.
import { checkName, type Folder } from "./folder.ts";

/** A directory's files, read as they are needed: `load(model, directory("models/gpt2"))`. */
export const directory = (path: string): Folder => ({
  async open(name) {
    checkName(name);
    const from = "node:fs"; // a name that the types of browsers do not know
    const { openAsBlob }: { openAsBlob(path: string): Promise<Blob> } = await import(from);
    try {
      return await openAsBlob(`${path}/${name}`);
    } catch {
      return undefined;
    }
  },
});
