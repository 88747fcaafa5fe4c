// A model that tells which word comes next: what a decoder needs to know of it, and the whole-text form that all of them have.
import type { HostTensor, Named, Value } from "@tilewright/runtime";
import type { Scope } from "../layer.ts";
import type { Cache } from "../layers/attention.ts";
import { defineModel, type Model } from "../model.ts";

/** What a decoder gives a model that reads on. */
export interface Reading {
  /** u32 [batch, rows]: where the rows stand in their texts. */
  readonly positions: Value;
  /** One a layer: rows before these are seen, and these are appended. */
  readonly caches: readonly Cache[];
}

/** What a decoder needs to know. */
export interface Decoding {
  readonly layers: number;
  /** Heads of keys and values. */
  readonly kvHeads: number;
  readonly headSize: number;
  /** The most rows that a text can have. */
  readonly positions: number;
  readonly vocabulary: number;
  /** Numbers that so many positions need and no training changes, as rotary angles. */
  tables(rows: number): Named<HostTensor>;
  /** The last layer's rows, normalised: ids [batch, rows] → [batch, rows, width]. */
  hidden(scope: Scope, ids: Value, tables: Named<Value>, reading?: Reading): Value;
  /** Scores of every word: [batch, rows, width] → [batch, rows, vocabulary]. */
  logits(scope: Scope, x: Value): Value;
}

/** `input_ids` u32 [batch, rows]; `last_hidden_state` [batch, rows, width] and `logits` [batch, rows, vocabulary] of whole texts. */
export interface LanguageModel extends Model<"input_ids", never, "last_hidden_state" | "logits"> {
  readonly decoding: Decoding;
}

/** A language model, built at once. */
export function defineLanguageModel(
  name: string,
  decoding: Decoding,
  { rename, seed }: { readonly rename: (name: string) => string | undefined; readonly seed: number | undefined },
): LanguageModel {
  const model = defineModel<"input_ids", never, "last_hidden_state" | "logits">(
    {
      name,
      sample: { input_ids: { shape: [1, 1], dtype: "u32" } },
      forward(scope, { input_ids }) {
        const made = Object.entries(decoding.tables(input_ids.shape[1] ?? 0));
        const tables = Object.fromEntries(made.map(([key, table]) => [key, scope.tape.constant(table)]));
        const x = decoding.hidden(scope, input_ids, tables);
        return { last_hidden_state: x, logits: decoding.logits(scope, x) };
      },
      rename,
    },
    { seed },
  );
  return { ...model, decoding };
}
