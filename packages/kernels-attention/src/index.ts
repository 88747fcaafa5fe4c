export { type AttentionOptions, attention, type P as AttentionParams, type Spec as AttentionSpec } from "./attention.ts";
