// Run by a kernel package's build, in its folder: writes a specialisation of every variant, the default where it has it, to dist/wgsl/.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BEST_CAPS, refusal } from "@tilewright/runtime";
import type { Suite } from "@tilewright/runtime/cases";

const exported: Record<string, unknown> = await import(pathToFileURL(join(process.cwd(), "src", "cases.ts")).href);
const suites = Object.values(exported).filter(
  (value): value is Suite => typeof value === "object" && value !== null && "sizes" in value,
);
mkdirSync(join("dist", "wgsl"), { recursive: true });
for (const { kernel, sizes, cases } of suites) {
  for (const variant of kernel.variants) {
    // The first size that the variant takes: some do what others refuse.
    const kase = [...sizes, ...cases].find((one) => {
      const problem = kernel.problem(one.inputs(), one.options);
      return variant.tiles.some((tile) => !refusal(variant, tile, problem, BEST_CAPS));
    });
    if (!kase) continue;
    const { name } = variant;
    kernel.source(kase.inputs(), kase.options, { variant: name }).forEach((code, pass) => {
      writeFileSync(join("dist", "wgsl", `${kernel.name}.${name}${pass ? `.${pass}` : ""}.wgsl`), code);
    });
  }
}
