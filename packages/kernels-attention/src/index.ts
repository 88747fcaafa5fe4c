export { type AttentionOptions, attention, type P as AttentionParams, type Spec as AttentionSpec } from "./attention.ts";
export { type KvAppendOptions, kvAppend, type P as KvAppendParams, type Spec as KvAppendSpec } from "./kv-append/kv-append.ts";
export { type P as RopeParams, type RopeOptions, rope, ropeAngles, type Spec as RopeSpec } from "./rope/rope.ts";
