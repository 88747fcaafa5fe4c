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

export interface VariantBase<P extends string, Spec, T extends Tile> {
  readonly name: string;
  /** The tuner's search space; the first that the device can run is the default, unless one is preferred. */
  readonly tiles: readonly T[];
  /** The tile for this problem and device, one of `tiles`; taken if the device can run it. */
  prefer?(problem: Problem<P, Spec>, caps: Caps): T | undefined;
  needs(tile: T, spec?: Spec): Needs;
  /** Whether it is a good choice here. */
  when(problem: Problem<P, Spec>, caps: Caps): boolean;
  /** Why it cannot do this problem with this tile, if so. */
  refuses?(problem: Problem<P, Spec>, caps: Caps, tile: T): string | undefined;
}

/** One way to compute a kernel: one dispatch, or several passes that hand over scratch. */
export type Variant<P extends string, Spec, T extends Tile = Tile> = VariantBase<P, Spec, T> &
  (
    | Pass<P, Spec, T>
    | {
        readonly passes: readonly Pass<P, Spec, T>[];
        /** Named scratch tensors, bound read_write with `load_` and `store_` like operands. */
        scratch(problem: Problem<P, Spec>, tile: T): { readonly [name: string]: TensorType };
      }
  );

/** WGSL as it stands; the tag is for editors that colour it. */
export const wgsl = (text: TemplateStringsArray, ...values: unknown[]): string => String.raw(text, ...values);
