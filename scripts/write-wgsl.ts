// Run by a kernel package's build, in its folder: writes a specialisation of every variant, the default where it has it, to dist/wgsl/.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BEST_CAPS, type Problem, refusal, variantsOf } from "@tilewright/runtime";
import type { Suite } from "@tilewright/runtime/cases";

const exported: Record<string, unknown> = await import(pathToFileURL(join(process.cwd(), "src", "cases.ts")).href);
const suites = Object.values(exported)
  .flat()
  .filter((value): value is Suite => typeof value === "object" && value !== null && "sizes" in value);
mkdirSync(join("dist", "wgsl"), { recursive: true });
for (const { kernel, sizes, cases } of suites) {
  const given = [...sizes, ...cases].map(({ inputs, options }) => {
    let made: { inputs: ReturnType<typeof inputs>; options: object; problem: Problem } | undefined;
    return () => {
      if (!made) {
        const values = inputs();
        made = { inputs: values, options, problem: kernel.problem(values, options) };
      }
      return made;
    };
  });
  for (const variant of await variantsOf(kernel)) {
    // The first size that the variant takes: some do what others refuse.
    const taken = given.find((one) => variant.tiles.some((tile) => !refusal(variant, tile, one().problem, BEST_CAPS)));
    if (!taken) continue;
    const { inputs, options } = taken();
    const { name } = variant;
    (await kernel.source(inputs, options, { variant: name })).forEach((code, pass) => {
      writeFileSync(join("dist", "wgsl", `${kernel.name}.${name}${pass ? `.${pass}` : ""}.wgsl`), code);
    });
  }
}
