// What we would publish, as a user gets it: packed, linted, installed with npm in an empty project, typechecked and run.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ok, root } from "./shell.ts";

const published = () =>
  readdirSync(join(root, "packages")).filter(
    (name) => !JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")).private,
  );

/** The fenced blocks of a language in a Markdown file. */
const blocks = (file: string, language: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code]) => code!);

export function pack(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "tilewright-pack-"));
  try {
    for (const name of published())
      if (!ok("pnpm", ["pack", "--silent", "--pack-destination", folder], join(root, "packages", name))) return false;
    const tarballs = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
    for (const file of tarballs) {
      if (!ok("publint", ["run", join(folder, file), "--level", "warning"])) return false;
      if (!ok("attw", [join(folder, file), "--profile", "esm-only", "--quiet"])) return false;
    }
    const project = join(folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
    if (!ok("npm", ["install", "--silent", "--no-audit", "--no-fund", ...tarballs.map((file) => join(folder, file))], project))
      return false;

    // The README's simple call, on the reference: no GPU in this lane.
    const [simple] = blocks(join(root, "packages", "kernels-matmul", "README.md"), "js");
    writeFileSync(join(project, "simple.mjs"), simple!.replace("{ a, b })", '{ a, b }, {}, { on: "cpu" })'));
    if (!simple!.includes("{ a, b })") || !ok(process.execPath, ["simple.mjs"], project)) return false;

    // A user's strict typecheck of every entry, with the declarations that TypeScript's DOM library has.
    writeFileSync(
      join(project, "use.ts"),
      `import { matmul } from "@tilewright/kernels-matmul";
import { matmulSuite } from "@tilewright/kernels-matmul/cases";
import { program, tensor } from "@tilewright/runtime";
import { requestDevice } from "@tilewright/runtime/node";
import { type TuneTable, tune, useTuning } from "@tilewright/runtime/tune";
export const c = await matmul.run({ a: tensor([1], [1, 1]), b: tensor([1], [1, 1]) }, { activation: "relu" }, { device: await requestDevice() });
export const first: number = c.data[0]!;
export const count: number = matmulSuite.cases.length;
// @ts-expect-error b is missing
matmul.run({ a: c });
export const p = program(await requestDevice());
const device = await requestDevice();
export const table: TuneTable = await tune(device, matmul, [{ inputs: { a: { shape: [8, 8], dtype: "f32" }, b: c }, options: { transB: true } }, ...matmulSuite.sizes], { budgetMs: 1000 });
export const notes: readonly string[] = useTuning(device, JSON.parse(JSON.stringify(table)), [matmulSuite.kernel]).notes;
// @ts-expect-error b is missing
tune(device, matmul, [{ inputs: { a: c } }]);
`,
    );
    symlinkSync(join(root, "node_modules", "@webgpu"), join(project, "node_modules", "@webgpu"), "junction");
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: "es2023",
          lib: ["es2023", "dom"],
          module: "nodenext",
          types: ["@webgpu/types"],
          skipLibCheck: true,
          noUncheckedIndexedAccess: true,
        },
        files: ["use.ts"],
      }),
    );
    return ok("tsc", ["-p", project]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) process.exit(pack() ? 0 : 1);
