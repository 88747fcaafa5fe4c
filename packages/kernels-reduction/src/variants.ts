// The ways to compute what rows come to, in order of preference, and where each is a good one.
import type { LazyVariant } from "@tilewright/runtime";
import { type Layout, LONGEST, rowsOf } from "./layout.ts";
import type { ElementProgram } from "./text/elements.ts";
import type { RowProgram } from "./text/frame.ts";
import type { EachProgram } from "./variants/each.ts";
import type { Reduced } from "./variants/summed.ts";

/** What a kernel does, as text: fetched together with the form that it goes into. */
type Later<Program> = () => Promise<Program>;
/** Two modules fetched at once. */
const both = async <A, B, C>(a: Promise<A>, b: Promise<B>, make: (a: A, b: B) => C): Promise<C> =>
  make(...(await Promise.all([a, b])));

type Ways<P extends string, Spec> = readonly LazyVariant<P, Spec>[];

/** @param wide its second pass writes every element, so it is worth many workgroups */
const split = <P extends string, Spec extends Layout>(program: Later<RowProgram<Spec>>, wide: boolean): LazyVariant<P, Spec> => ({
  name: "split",
  when: (problem) => {
    const { units, n, vec } = rowsOf(problem);
    return (units < 64 && n >= 16384) || (units < 16 && vec === "columns" && n >= 2048);
  },
  form: () => both(import("./variants/split.ts"), program(), ({ split }, rows) => split(rows, wide)),
});

const thread = <P extends string, Spec extends Layout>(program: Later<RowProgram<Spec>>): LazyVariant<P, Spec> => ({
  name: "thread",
  when: (problem, { software, subgroups }) => {
    const { units, n, vec } = rowsOf(problem);
    return software ? n <= 16 || ((units >= 64 || !subgroups) && n <= LONGEST) : n <= 32 || (units >= 8192 && vec === "columns");
  },
  form: () => both(import("./variants/thread.ts"), program(), ({ thread }, rows) => thread(rows)),
});

const subgroup = <P extends string, Spec extends Layout>(program: Later<RowProgram<Spec>>): LazyVariant<P, Spec> => ({
  name: "subgroup",
  when: (problem, { software }) => {
    const { n, vec } = rowsOf(problem);
    return vec !== "columns" && (software || n <= 1024);
  },
  form: () => both(import("./variants/subgroup.ts"), program(), ({ subgroup }, rows) => subgroup(rows)),
});

const workgroup = <P extends string, Spec extends Layout>(program: Later<RowProgram<Spec>>): LazyVariant<P, Spec> => ({
  name: "workgroup",
  when: () => true,
  form: () => both(import("./variants/workgroup.ts"), program(), ({ workgroup }, rows) => workgroup(rows)),
});

const quad = <P extends string, Spec extends Layout>(
  program: Later<RowProgram<Spec> & ElementProgram<Spec>>,
): LazyVariant<P, Spec> => ({
  name: "quad",
  when: (problem, { software }) => software && rowsOf(problem).units >= 64,
  form: () => both(import("./variants/quad.ts"), program(), ({ quad }, rows) => quad(rows)),
});

/** One number of each row. */
export const reducing = <P extends string, Spec extends Layout>(program: Later<RowProgram<Spec>>): Ways<P, Spec> => [
  split(program, false),
  thread(program),
  subgroup(program),
  workgroup(program),
];

/** Something of each element by its row. @param alike rows may be finished with the same operands */
export const mapping = <P extends string, Spec extends Layout>(
  program: Later<RowProgram<Spec> & ElementProgram<Spec>>,
  alike = false,
): Ways<P, Spec> => [
  split(program, true),
  ...(alike ? [quad<P, Spec>(program)] : []),
  thread(program),
  subgroup(program),
  workgroup(program),
  {
    name: "flat",
    when: () => true,
    form: () => both(import("./variants/flat.ts"), program(), ({ flat }, rows) => flat(rows)),
  },
];

/** One loss a row: each way, and its twin that adds the losses up in a second pass (`threadSum`). @param alone by threads, rows being hardly read */
export const adding = <P extends string, Spec extends Layout & Reduced>(
  program: Later<RowProgram<Spec>>,
  alone = false,
): Ways<P, Spec> =>
  [thread<P, Spec>(program), ...(alone ? [] : [subgroup<P, Spec>(program), workgroup<P, Spec>(program)])].flatMap(
    ({ name, when, form }) => [
      { name, when, form: async () => (await import("./variants/summed.ts")).single(await form()) },
      { name: `${name}Sum`, when, form: async () => (await import("./variants/summed.ts")).summed(await form()) },
    ],
  );

/** A thread for every element of the result, or for four. */
export const each = <P extends string, Spec>(program: Later<EachProgram<Spec>>): LazyVariant<P, Spec> => ({
  name: "each",
  when: () => true,
  form: () => both(import("./variants/each.ts"), program(), ({ each }, elements) => each(elements)),
});
