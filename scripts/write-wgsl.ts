// Run by a kernel package's build, in its folder: writes the default specialisation of every variant to dist/wgsl/.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BEST_CAPS, refusal } from "@tilewright/runtime";
import type { Suite } from "@tilewright/runtime/cases";

const exported: Record<string, unknown> = await import(pathToFileURL(join(process.cwd(), "src", "cases.ts")).href);
const suites = Object.values(exported)
  .flat()
  .filter((value): value is Suite => typeof value === "object" && value !== null && "sizes" in value);
mkdirSync(join("dist", "wgsl"), { recursive: true });
for (const { kernel, cases, sizes } of suites) {
  const kase = sizes[0] ?? cases[0]!;
  const problem = kernel.problem(kase.inputs(), kase.options);
  for (const variant of kernel.variants) {
    const { name } = variant;
    if (variant.tiles.every((tile) => refusal(variant, tile, problem, BEST_CAPS))) continue;
    kernel.source(kase.inputs(), kase.options, { variant: name }).forEach((code, pass) => {
      writeFileSync(join("dist", "wgsl", `${kernel.name}.${name}${pass ? `.${pass}` : ""}.wgsl`), code);
    });
  }
}
