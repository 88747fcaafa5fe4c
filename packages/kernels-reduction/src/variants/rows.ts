import type { Variant } from "@tilewright/runtime";
import type { ElementProgram, RowProgram } from "../frame.ts";
import type { Layout } from "../layout.ts";
import { flat } from "./flat.ts";
import { split } from "./split.ts";
import { subgroup } from "./subgroup.ts";
import { thread } from "./thread.ts";
import { workgroup } from "./workgroup.ts";

/** All ways to make one number of each row. @param fields of the state, at most */
export const reducing = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec>,
  fields: number,
  reads: (spec: Spec) => readonly string[],
): readonly Variant<P, Spec>[] => [
  split(program, fields, reads, false),
  thread(program),
  subgroup(program),
  workgroup(program, fields),
];

/** All ways to make something of each element by its row. */
export const mapping = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec> & ElementProgram<Spec>,
  fields: number,
  reads: (spec: Spec) => readonly string[],
  /** Asked after split. */
  more: readonly Variant<P, Spec>[] = [],
): readonly Variant<P, Spec>[] => [
  split(program, fields, reads, true),
  ...more,
  thread(program),
  subgroup(program),
  workgroup(program, fields),
  flat(program, reads),
];
