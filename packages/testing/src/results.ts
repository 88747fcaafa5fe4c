import { mkdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** How a test came out: .results/LANE.json of a package has a list of them. */
export interface LaneResult {
  readonly path: string;
  /** Whether it is a case, of a suite or of others' conformance cases. */
  readonly kase: boolean;
  readonly status: "passed" | "failed" | "skipped" | "pending";
  readonly ms: number;
}

/** Leaves each lane's results in a file of its own, for `npm test` to add up. */
export class LaneResults implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lanes = Map.groupBy(modules, ({ project }) => /^(unit|node|chrome)(-low)?/.exec(project.name)![0]);
    mkdirSync(".results", { recursive: true });
    for (const [lane, mine] of lanes) {
      const results = mine.flatMap((module) =>
        [...module.children.allTests()].map(
          (test): LaneResult => ({
            path: `${module.project.name} > ${module.relativeModuleId} > ${test.fullName}`,
            kase: /(^| > )(parity|conformance) > /.test(test.fullName),
            status: test.result().state,
            ms: test.diagnostic()?.duration ?? 0,
          }),
        ),
      );
      writeFileSync(`.results/${lane}.json`, JSON.stringify(results, undefined, 1));
    }
  }
}
