import type { Suite } from "@tilewright/runtime/cases";
import { elementwiseSuites } from "./cases/elementwise.ts";
import { madeSuites } from "./cases/made.ts";
import { movementSuites } from "./cases/movement.ts";
import { optimiserSuites } from "./cases/optimiser.ts";

/** What proves and times every kernel of this package. */
export const pointwiseSuites: readonly Suite[] = [...elementwiseSuites, ...movementSuites, ...madeSuites, ...optimiserSuites];
