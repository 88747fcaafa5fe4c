// Files that tests import, since tests in a browser cannot open them: a Vite plugin.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

/** Where the operator files lie that every clone has. */
const kept = fileURLToPath(new URL("../data/conformance", import.meta.url));
const given = process.env["TILEWRIGHT_CONFORMANCE"];

interface Folder {
  names(): string[];
  place(name: string): string;
}

const FOLDERS: Readonly<Record<string, Folder>> = {
  /** Of $TILEWRIGHT_CONFORMANCE those that the kept set names, else the kept set itself. */
  conformance: {
    names: () => globSync("*/*.json", { cwd: kept }).map((file) => file.replaceAll("\\", "/").slice(0, -".json".length)),
    place: (name) => join(given || kept, `${name}.json`),
  },
  /** Those of $TILEWRIGHT_CONFORMANCE; none where it is not set. */
  models: {
    names: () => (given ? globSync("models/*.json", { cwd: given }).map((file) => basename(file, ".json")) : []),
    place: (name) => join(given!, "models", `${name}.json`),
  },
};

const VIRTUAL = /^virtual:(conformance|models)(?:\/(.+))?$/;

/** `virtual:conformance` and `virtual:models`: for each file's name what imports its text (see virtual.d.ts), from a module of its own. */
export const data = (): Plugin => ({
  name: "tilewright:data",
  resolveId: (id) => (VIRTUAL.test(id) ? `\0${id}` : undefined),
  load(id) {
    const [, folder, name] = id.startsWith("\0") ? (VIRTUAL.exec(id.slice(1)) ?? []) : [];
    if (!folder) return undefined;
    const { names, place } = FOLDERS[folder]!;
    if (name) return `export default ${JSON.stringify(readFileSync(place(name), "utf8"))};`;
    const entries = names().map((one) => {
      const from = JSON.stringify(`virtual:${folder}/${one}`);
      return `${JSON.stringify(one)}: () => import(${from}).then((text) => text.default)`;
    });
    return `export default { ${entries.join(",\n")} };`;
  },
});
