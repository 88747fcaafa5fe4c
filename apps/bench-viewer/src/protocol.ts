// What the page and its worker say to each other. The worker has the device, so that no shader, reference or readback ever blocks the page.
import type { Caps } from "@tilewright/runtime";
import type { AdapterCard, Bench, Measurement, Outcome, Roofs } from "@tilewright/testing";

/** A trial as the page knows it. */
export interface Listed {
  readonly path: string;
  readonly skip: string | undefined;
}

export type Command =
  | { readonly type: "open"; readonly low: boolean }
  | { readonly type: "parity"; readonly paths: readonly string[] }
  | { readonly type: "bench"; readonly filter: string }
  | { readonly type: "source"; readonly path: string }
  | { readonly type: "stop" };

export type Report =
  | { readonly type: "ready"; readonly adapter: AdapterCard; readonly caps: Caps; readonly trials: readonly Listed[] }
  | { readonly type: "closed"; readonly lost: boolean; readonly message: string }
  | { readonly type: "progress"; readonly done: number; readonly total: number; readonly path: string }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "roofs"; readonly roofs: Roofs }
  | { readonly type: "measurement"; readonly measurement: Measurement }
  | { readonly type: "source"; readonly path: string; readonly code: readonly string[] }
  /** A run ended. */
  | { readonly type: "done"; readonly bench?: Bench; readonly error?: string }
  /** What nobody awaited: an uncaptured GPU error. */
  | { readonly type: "problem"; readonly message: string };
