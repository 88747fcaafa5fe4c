import type { Caps } from "./caps.ts";
import type { TensorType } from "./tensor.ts";

/** A kernel's numbers. They are handed over at record time and never stand in the text. */
export type ParamType = "u32" | "i32" | "f32";
export type Params<P extends string> = { readonly [K in P]: number };

/** The numbers of a tuning choice: rows, columns … */
export type Tile = { readonly [name: string]: number };

/** Elements one `load_x(i)` or `store_x(i, v)` moves, per operand; 1 unless said. i8 and u8 go by 1 (loads only) or 4. */
export type Lanes = { readonly [operand: string]: 1 | 2 | 4 };

/** One call, checked and inferred: everything variants, bounds and costs may know. */
export interface Problem<P extends string = string, Spec = unknown> {
  readonly params: Params<P>;
  /** What changes the text, and nothing else. */
  readonly spec: Spec;
  /** Params that a plan may leave open, being at most what they are here. */
  readonly open?: readonly P[];
  /** Every present operand, outputs included. */
  readonly types: { readonly [operand: string]: TensorType };
}

export interface Needs {
  /** Threads of a workgroup. */
  readonly invocations: number;
  readonly workgroupBytes?: number;
  readonly subgroups?: boolean;
  /** A configuration of subgroup matrices, as {@link Caps.subgroupMatrices} writes it. */
  readonly subgroupMatrix?: string;
}

/** One dispatch. */
export interface Pass<P extends string, Spec, T extends Tile> {
  /** Whether a variant of several passes goes without this one; none unless said. */
  skip?(spec: Spec): boolean;
  /**
   * Recorded `times` over in one plan, the u32 `param` counting from 0: the steps of a recurrence. Neighbouring passes that repeat take turns,
   * as often as the first of them says. A kernel that has them leaves no param open to plans.
   */
  readonly repeat?: { readonly param: P; times(problem: Problem<P, Spec>, tile: T): number };
  /** The operands and scratch it binds, where not all. */
  uses?(spec: Spec): readonly string[];
  lanes?(spec: Spec, caps: Caps): Lanes;
  /** How many workgroups. The runtime lays them over x and y: in the text, `wid.y * groups.x + wid.x`, and a guard. */
  workgroups(problem: Problem<P, Spec>, tile: T): number;
  /** Plain WGSL below the generated header: its entry point is `main`. */
  wgsl(spec: Spec, tile: T, caps: Caps): string;
}

export interface FormBase<P extends string, Spec, T extends Tile> {
  /** The tuner's search space; the first that the device can run is the default, unless one is preferred. */
  readonly tiles: readonly T[];
  /** The tile for this problem and device, one of `tiles`; taken if the device can run it. */
  prefer?(problem: Problem<P, Spec>, caps: Caps): T | undefined;
  needs(tile: T, spec?: Spec): Needs;
  /** Why it cannot do this problem with this tile, if so. */
  refuses?(problem: Problem<P, Spec>, caps: Caps, tile: T): string | undefined;
}

/** What a variant runs, and what it takes: one dispatch, or several passes that hand over scratch. */
export type Form<P extends string, Spec, T extends Tile = Tile> = FormBase<P, Spec, T> &
  (
    | Pass<P, Spec, T>
    | {
        readonly passes: readonly Pass<P, Spec, T>[];
        /** Named scratch tensors, bound read_write with `load_` and `store_` like operands. */
        scratch(problem: Problem<P, Spec>, tile: T): { readonly [name: string]: TensorType };
      }
  );

/** One way to compute a kernel, and where it is a good one. */
export interface Way<P extends string, Spec> {
  readonly name: string;
  /** Whether it is a good choice here. */
  when(problem: Problem<P, Spec>, caps: Caps): boolean;
}

/** A way with its form at hand. */
export type Variant<P extends string, Spec, T extends Tile = Tile> = Way<P, Spec> & Form<P, Spec, T>;

/** A way whose form lies in a module of its own, fetched when it is first taken: a page downloads the shaders it runs. */
export interface LazyVariant<P extends string, Spec> extends Way<P, Spec> {
  form(): Promise<Form<P, Spec>>;
}

/** As a kernel lists them. */
export type ListedVariant<P extends string, Spec> = Variant<P, Spec> | LazyVariant<P, Spec>;

const fetched = new WeakMap<object, object>();

/** The variant with its form, which is fetched once. */
export async function variantOf<P extends string, Spec>(way: ListedVariant<P, Spec>): Promise<Variant<P, Spec>> {
  if (!("form" in way)) return way;
  if (!fetched.has(way)) {
    const { name, when, form } = way;
    const made = { ...(await form()), name, when };
    if (!fetched.has(way)) fetched.set(way, made); // who asked meanwhile has it already
  }
  return fetched.get(way) as Variant<P, Spec>;
}

/** All variants of a kernel, with their forms. */
export const variantsOf = <P extends string, Spec>(kernel: {
  readonly variants: readonly ListedVariant<P, Spec>[];
}): Promise<readonly Variant<P, Spec>[]> => Promise.all(kernel.variants.map(variantOf));

/** WGSL as it stands; the tag is for editors that colour it. */
export const wgsl = (text: TemplateStringsArray, ...values: unknown[]): string => String.raw(text, ...values);
