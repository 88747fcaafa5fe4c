// What the page and its worker say to each other. The worker has the device, so that no shader, reference or readback ever blocks the page.
import type { Caps } from "@tilewright/runtime";
import type { TuneTable, Tuning } from "@tilewright/runtime/tune";
import type { AdapterCard, Bench, Measurement, Outcome, Roofs, TunedSize, TuneRun } from "@tilewright/testing";
import type { Asked, Catalogue, Inspected } from "./inspect/question.ts";

/** A trial as the page knows it. */
export interface Listed {
  readonly path: string;
  readonly skip: string | undefined;
}

export type Command =
  | { readonly type: "open"; readonly low: boolean }
  | { readonly type: "parity"; readonly paths: readonly string[] }
  | { readonly type: "bench"; readonly filter: string }
  | { readonly type: "tune"; readonly filter: string; readonly budgetMs: number | undefined }
  /** Plans made from now on go by this table; without one by the kernels' own choices. */
  | { readonly type: "use"; readonly table: TuneTable | undefined }
  | { readonly type: "ask"; readonly id: number; readonly question: Question }
  /** A run waits before its next case or variant. */
  | { readonly type: "pause"; readonly paused: boolean }
  | { readonly type: "stop" };

/** What is answered at once, also while a run goes on. */
export type Question =
  /** The WGSL of a trial, a text each dispatch. */
  { readonly about: "source"; readonly path: string } | { readonly about: "catalogue" } | ({ readonly about: "inspect" } & Asked);

export interface Answers {
  readonly source: readonly string[];
  readonly catalogue: readonly Catalogue[];
  readonly inspect: Inspected;
}

export type Report =
  | {
      readonly type: "ready";
      readonly adapter: AdapterCard;
      readonly adapterKey: string;
      readonly caps: Caps;
      readonly trials: readonly Listed[];
    }
  | { readonly type: "closed"; readonly lost: boolean; readonly message: string }
  | { readonly type: "progress"; readonly done: number; readonly total: number; readonly path: string }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "roofs"; readonly roofs: Roofs }
  | { readonly type: "measurement"; readonly measurement: Measurement }
  | { readonly type: "tuned"; readonly size: TunedSize }
  /** What became of the table in the last `use`. */
  | { readonly type: "using"; readonly tuning: Tuning }
  | { readonly type: "answer"; readonly id: number; readonly answer?: Answers[keyof Answers]; readonly error?: string }
  /** A run ended. */
  | { readonly type: "done"; readonly bench?: Bench; readonly tuned?: TuneRun; readonly error?: string }
  /** What nobody awaited: an uncaptured GPU error. */
  | { readonly type: "problem"; readonly message: string };
