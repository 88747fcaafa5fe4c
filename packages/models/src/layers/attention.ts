import { attention, type AttentionOptions as KernelOptions, kvAppend, rope } from "@tilewright/kernels-attention";
import { fail, type Param, type Value } from "@tilewright/runtime";
import { type Layer, layer, type Scope } from "../layer.ts";
import { type DenseOptions, dense } from "./dense.ts";

export interface AttentionOptions extends Pick<DenseOptions, "bias" | "filter"> {
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads` (grouped-query attention). Default: heads. */
  readonly kvHeads?: number | undefined;
  /** Default: x's width over heads. */
  readonly headSize?: number | undefined;
  /** A row sees itself and those before it. Default false. */
  readonly causal?: boolean | undefined;
  /** A row sees no more than so many rows before it. Default: all. */
  readonly window?: number | undefined;
  /** Of the output layer. Default: `bias`. */
  readonly outputBias?: boolean | undefined;
  /** Queries, keys and values by one dense layer, [q, k, v] side by side, as GPT-2 stores them. Default false. */
  readonly fused?: boolean | undefined;
  /** Names of its dense layers. Default query, key, value, output; `fused` qkv. */
  readonly names?: { readonly [K in "query" | "key" | "value" | "output" | "qkv"]?: string } | undefined;
}

/** Keys and values of rows before: [batch, kvHeads, room, headSize] each, updated in place. */
export interface Cache {
  readonly k: Value;
  readonly v: Value;
  /** How many rows they hold before this call: where the new ones go. */
  readonly position: Param;
  /** How many they hold after it. */
  readonly length: Param;
}

/** Keys and values of a context that was read before, by {@link keepKeys}: [batch, kvHeads, room, headSize] each. */
export interface Memory {
  readonly k: Value;
  readonly v: Value;
  /** How many rows they hold. Default: all that there is room for. */
  readonly length?: Param | undefined;
}

/** Tables of `rope` of kernels-attention, cos and sin [positions, n] each, and u32 [batch, rows], the rows' positions; by default they count from 0. */
export interface Angles {
  readonly cos: Value;
  readonly sin: Value;
  /** In a cache's call these are the positions from the cache's own on. */
  readonly positions?: Value | undefined;
}

/** What else attention may read. */
export interface AttentionInputs {
  /** Added to the result, in the output layer's dispatch. */
  readonly residual?: Value | undefined;
  /** [batch, rows, width]: where keys and values come from instead of x (cross-attention). */
  readonly context?: Value | undefined;
  /** u32: 1 where a key may be seen; or f32, added to the scores. Broadcast to [batch, heads, rows of x, keys]. */
  readonly mask?: Value | undefined;
  readonly cache?: Cache | undefined;
  /** Queries and keys are turned by their positions. */
  readonly angles?: Angles | undefined;
  /** Instead of a context, which is then not projected again. */
  readonly memory?: Memory | undefined;
}

/**
 * output(softmax(q · kᵀ / √headSize) · v) in `heads` heads: Vaswani et al. 2017, arXiv:1706.03762. x is [batch, rows, width], as is what it gives.
 * The second input of `apply` is a residual, or everything else that it may read.
 */
export function multiHeadAttention({
  heads,
  kvHeads = heads,
  headSize,
  causal = false,
  window,
  outputBias,
  fused = false,
  names = {},
  ...options
}: AttentionOptions): Layer<readonly [x: Value, more?: Value | AttentionInputs | undefined]> {
  const { query = "query", key = "key", value = "value", output = "output", qkv = "qkv" } = names;
  return layer(
    "multiHeadAttention",
    (scope, x, more = {}) => {
      const { tape } = scope;
      const { residual, context, mask, cache, memory, angles }: AttentionInputs = "dtype" in more ? { residual: more } : more;
      const [batch = 1, rows = 1, width = 0] = x.shape;
      if (x.shape.length !== 3) fail("multiHeadAttention", "shape", `x is [${x.shape}]; needed is [batch, rows, width].`);
      const size = headSize ?? width / heads;
      if (!Number.isInteger(size) || heads % kvHeads)
        fail(
          "multiHeadAttention",
          "shape",
          `x is ${width} wide, heads are ${heads}, kvHeads ${kvHeads}: heads must divide the width (or headSize be given), and kvHeads the heads.`,
        );
      if (fused && context)
        fail("multiHeadAttention", "feature", "fused projections are of x alone; leave fused out for cross-attention.");
      const apart = (y: Value, count: number) => tape.reshape(y, [batch, y.shape[1]!, count, size]);
      const project = (name: string, of: Value, count: number) => scope.run(name, dense(count * size, options), of);
      const end = (out: Value) =>
        scope.run(
          output,
          dense(width, { ...options, bias: outputBias ?? options.bias }),
          tape.reshape(out, [batch, rows, heads * size]),
          residual,
        );
      if (memory) return end(remembered(scope, memory, apart(project(query, x, heads), heads), mask));
      const from = context ?? x;
      if (fused && angles)
        fail("multiHeadAttention", "feature", "fused projections are not turned; leave fused out where there are angles.");
      const turn = (y: Value) => (angles ? tape.call(rope, { x: y, ...angles }, { layout: "bshd" }) : y);
      const parts: Parts = fused
        ? { q: apart(project(qkv, x, heads + 2 * kvHeads), heads + 2 * kvHeads), mask }
        : {
            q: turn(apart(project(query, x, heads), heads)),
            k: apart(project(key, from, kvHeads), kvHeads),
            v: apart(project(value, from, kvHeads), kvHeads),
            mask,
          };
      const sees = { layout: "bshd", causal, window, kvHeads: fused ? kvHeads : undefined } as const;
      if (cache) return end(cached(scope, cache, parts, angles, sees));
      return end(tape.call(attention, parts.k ? { ...parts, k: turn(parts.k) } : parts, sees).out);
    },
    { adds: true },
  );
}

/**
 * Projects a context's keys and values, by the parameters of a {@link multiHeadAttention} with these options under the same name, into a memory
 * that later calls read. context is [batch, rows, width]; it fills the memory from row 0.
 */
export function keepKeys({
  heads,
  kvHeads = heads,
  headSize,
  names = {},
  ...options
}: Omit<AttentionOptions, "fused" | "causal" | "window" | "outputBias">): Layer<readonly [context: Value, into: Memory], void> {
  return layer("keepKeys", (scope, context, { k: kCache, v: vCache }) => {
    const [batch = 1, rows = 1, width = 0] = context.shape;
    const size = headSize ?? width / heads;
    const project = (name: string) =>
      scope.tape.reshape(scope.run(name, dense(kvHeads * size, options), context), [batch, rows, kvHeads, size]);
    const [k, v] = [project(names.key ?? "key"), project(names.value ?? "value")];
    scope.tape.call(kvAppend, { k, v, kCache, vCache }, { layout: "bshd" });
  });
}

/** Attends to what a memory holds. */
function remembered({ tape }: Scope, { k, v, length }: Memory, q: Value, mask: Value | undefined): Value {
  const how = { layout: "bshd", kvLayout: "bhsd", length: k.shape[2]! } as const;
  return tape.call(attention, { q, k, v, mask }, how, length && { dynamic: { length } }).out;
}

/** Without k and v these stand beside the queries, in q. */
interface Parts {
  readonly q: Value;
  readonly k?: Value | undefined;
  readonly v?: Value | undefined;
  readonly mask: Value | undefined;
}

/** Appends the new keys and values, keys turned on the way, then attends to all that the cache holds; the queries are the last of them. */
function cached({ tape }: Scope, cache: Cache, { q, k = q, v, mask }: Parts, angles: Angles | undefined, sees: KernelOptions) {
  const [kCache, vCache] = [cache.k, cache.v];
  const room = kCache.shape[2]!;
  const { cos, sin } = angles ?? {};
  tape.call(
    kvAppend,
    { k, v, cos, sin, kCache, vCache },
    { layout: "bshd", position: room - k.shape[1]!, kvHeads: sees.kvHeads },
    { dynamic: { position: cache.position } },
  );
  const inputs = { q, k: kCache, v: vCache, mask };
  return tape.call(attention, inputs, { ...sees, kvLayout: "bhsd", length: room }, { dynamic: { length: cache.length } }).out;
}
