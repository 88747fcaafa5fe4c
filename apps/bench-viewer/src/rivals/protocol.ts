// What the Rivals tab and its worker say to each other. Only the worker ever loads a rival.
import type { Race } from "@tilewright/rivals";

export type RivalsCommand =
  | { readonly type: "race"; readonly path: string }
  | { readonly type: "text"; readonly races: readonly Race[] };

export type RivalsReport =
  /** Nothing of a rival is loaded yet. */
  | { readonly type: "ready"; readonly paths: readonly string[]; readonly rivals: readonly string[] }
  | { readonly type: "progress"; readonly what: string }
  | { readonly type: "race"; readonly race: Race }
  | { readonly type: "failed"; readonly reason: string }
  /** The races as the document that `pnpm bench --rivals --json` writes. */
  | { readonly type: "text"; readonly text: string };
