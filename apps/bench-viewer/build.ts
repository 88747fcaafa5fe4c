// The viewer's build for scripts: Vite is this package's dependency, not theirs.
import { fileURLToPath } from "node:url";
import { build } from "vite";

export { policy } from "./policy.ts";

export const dist: string = fileURLToPath(new URL("dist", import.meta.url));

export async function buildViewer(): Promise<void> {
  await build({ root: fileURLToPath(new URL(".", import.meta.url)), logLevel: "warn" });
}
