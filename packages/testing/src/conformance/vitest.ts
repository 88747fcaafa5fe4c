// For a family's test files: every case of its operators as a test; what is unsupported is skipped with its reason.
import texts from "virtual:conformance";
import { describe, expect, test } from "vitest";
import { budget } from "../budget.ts";
import { type Backend, type FileCase, type Operators, readOperatorFile, runCase } from "./index.ts";

const hasF16 = ({ inputs }: FileCase) => inputs.some((input) => input?.dtype === "float16");

/** @param family the folders and files whose cases belong to this family, mapped or not */
export async function conformance(operators: Operators, family: readonly string[], on: Backend): Promise<void> {
  const files = await Promise.all(
    family.map(async (path) => {
      if (!texts[path]) throw new Error(`the kept set has no ${path}`);
      return [path, await texts[path]()] as const;
    }),
  );
  const step = (on !== "cpu" && budget(on)?.conformance) || 1;
  describe("conformance", () => {
    for (const [path, text] of files) {
      const { cases, errors } = readOperatorFile(path, text);
      if (errors.length > 0) throw new Error(errors[0]!.reason);
      for (const kase of cases.filter((one, i) => i % step === 0 || hasF16(one))) {
        test(`${path}/${kase.name}`, async (context) => {
          const { status, reason, ratio } = await runCase(path, kase, operators[path], on);
          if (status === "unsupported") context.skip(reason);
          expect(status, `${reason} (error/tolerance ${ratio})`).toBe("passed");
        });
      }
    }
  });
}
