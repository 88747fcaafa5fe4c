// Operators of other worlds as calls of our kernels: one small function each. Host code reshapes and nothing else.
import { matmul } from "@tilewright/kernels-matmul";
import { add, concat, slice, where } from "@tilewright/kernels-pointwise";
import { countOf, type HostTensor } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operators,
  Unsupported,
} from "@tilewright/testing/conformance";
import { type AttentionOptions, attention, kvAppend, rope } from "../src/index.ts";

type Given = FileTensor | null | undefined;

const reshape = (tensor: HostTensor, shape: readonly number[]): HostTensor => ({ ...tensor, shape });
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const lengthsOf = ({ data }: FileTensor, more = 0): HostTensor => ({
  data: Uint32Array.from(data, (n) => n + more),
  shape: [data.length],
});
const most = ({ data }: HostTensor): number =>
  Array.from(data as ArrayLike<number>).reduce((a, b) => Math.max(a, Math.abs(b) || 0), 0);

/** [B, S, heads · D] as [B, S, heads, D]; four dimensions stay as they are. */
function inHeads(tensor: HostTensor, heads: number): HostTensor {
  const [b, s, width] = tensor.shape;
  return tensor.shape.length === 3 ? reshape(tensor, [b!, s!, heads, width! / heads]) : tensor;
}

/** A mask that hides or adds, as its type says. */
function maskOf(mask: FileTensor, { float }: Context): HostTensor {
  return mask.dtype === "bool" ? { data: Uint8Array.from(mask.data), shape: mask.dims } : float(mask);
}

/** Past and new keys and values one behind the other, [B, heads, rows, D]: both appended to an empty cache. */
async function appended(
  { run }: Context,
  past: readonly HostTensor[],
  fresh: readonly HostTensor[],
  layout: "bhsd" | "bshd",
): Promise<HostTensor[]> {
  const rows = past[0]!.shape[2]!;
  const room = rows + fresh[0]!.shape[layout === "bhsd" ? 2 : 1]!;
  const empty = ({ shape: [b, h, , d], dtype }: HostTensor): HostTensor => {
    const count = b! * h! * room * d!;
    return { data: dtype === "f16" ? new Uint16Array(count) : new Float32Array(count), shape: [b!, h!, room, d!], dtype };
  };
  let caches: { kCache: HostTensor; vCache: HostTensor } = { kCache: empty(past[0]!), vCache: empty(past[1]!) };
  if (rows > 0) caches = await run(kvAppend, { k: past[0]!, v: past[1]!, ...caches }, { position: 0 });
  const { kCache, vCache } = await run(kvAppend, { k: fresh[0]!, v: fresh[1]!, ...caches }, { position: rows, layout });
  return [kCache, vCache];
}

async function finished(
  context: Context,
  inputs: { q: HostTensor; k: HostTensor; v: HostTensor; mask?: HostTensor; lengths?: HostTensor },
  options: AttentionOptions,
  flat: boolean,
): Promise<{ out: HostTensor; sum: Answer["sum"] }> {
  const { out } = await context.run(attention, inputs, options);
  const [b, s] = out.shape;
  return {
    out: flat ? reshape(out, [b!, s!, countOf(out.shape) / (b! * s! || 1)]) : out,
    sum: { terms: inputs.k.shape[2]! + 1, largest: most(inputs.v) },
  };
}

/** Attention of opset 23 and 24. */
async function onnxAttention(kase: FileCase, context: Context): Promise<Answer> {
  const [q, k, v, mask, pastK, pastV, nonpad] = kase.inputs as readonly Given[];
  const { q_num_heads, kv_num_heads, is_causal, scale, softcap } = kase.attributes;
  if (kase.outputs[3]) throw new Unsupported("qk_matmul_output is the score matrix, which is never stored");
  const flat = q!.dims.length === 3;
  const heads = [q_num_heads, kv_num_heads, kv_num_heads].map(Number);
  const given = [q, k, v].map((x, i) => inHeads(context.float(x), heads[i]!));
  let [keys, values] = [given[1]!, given[2]!];
  const layout = flat ? "bshd" : "bhsd";
  const present =
    pastK && pastV ? await appended(context, [context.float(pastK), context.float(pastV)], [keys, values], layout) : [];
  if (present.length) [keys, values] = [present[0]!, present[1]!];
  const { out, sum } = await finished(
    context,
    {
      ...{ q: given[0]!, k: keys, v: values },
      ...(mask && { mask: maskOf(mask, context) }),
      ...(nonpad && { lengths: lengthsOf(nonpad) }),
    },
    {
      layout,
      kvLayout: present.length ? "bhsd" : layout,
      causal: is_causal === 1,
      scale: number(scale),
      softcap: number(softcap),
      // Positions count from the first key; where the keys in use are told, from the last of them.
      ...(!nonpad && { offset: pastK?.dims[2] ?? 0 }),
    },
    flat,
  );
  // Without a past, present is what came in.
  const [presentK, presentV] = present.length ? present : given.slice(1);
  return { outputs: [out, presentK!, presentV!], sum };
}

/** A cache [B, heads, rows, D] without a row yet, for keys [B, S, heads, D]. */
const noRows = ({ shape: [b, , h, d], dtype }: HostTensor): HostTensor => ({
  data: dtype === "f16" ? new Uint16Array() : new Float32Array(),
  shape: [b!, h!, 0, d!],
  dtype,
});

/** The parts of a tensor [B, S, heads, parts, D] as [B, S, heads, D]. */
async function unpacked({ run }: Context, packed: HostTensor): Promise<HostTensor[]> {
  const [b, s, heads, parts, d] = packed.shape;
  const part = async (i: number) =>
    reshape(await run(slice, { x: packed }, { axes: [3], starts: [i], ends: [i + 1] }), [b!, s!, heads!, d!]);
  return Promise.all(Array.from({ length: parts! }, (_, i) => part(i)));
}

/** q, k and v, [B, S, heads, D], with their bias added: theirs lie one behind the other. */
async function withBias(context: Context, parts: readonly HostTensor[], bias: Given): Promise<HostTensor[]> {
  if (!bias) return [...parts];
  let from = 0;
  const biases = parts.map(({ shape: [, , heads, d] }) => {
    const data = bias.data.slice(from, (from += heads! * d!));
    return context.float({ ...bias, data, dims: [heads!, d!] });
  });
  return Promise.all(parts.map((a, i) => context.run(add, { a, b: biases[i]! })));
}

/**
 * MultiHeadAttention: [B, S, heads · D] each, or packed [B, S, heads, 3, D], or keys and values packed [B, T, heads, 2, D], or those of
 * another layer, [B, heads, T, D]. bias is that of q, k and v, one behind the other; key_padding_mask [B] counts keys
 * ([3B + 2]: its first B), [B, T] tells them.
 */
async function multiHead(kase: FileCase, context: Context): Promise<Answer> {
  const [q, k, v, bias, padding, added, pastK, pastV] = kase.inputs as readonly Given[];
  const { num_heads, scale, unidirectional } = kase.attributes;
  const given = [q, k, v].flatMap((x) => (x ? [context.float(x)] : []));
  const last = given.at(-1)!;
  const parts = last.shape.length === 5 ? [...given.slice(0, -1), ...(await unpacked(context, last))] : given;
  if (pastK && !kase.outputs[1]) throw new Unsupported("ONNX Runtime Web leaves the past out where no present is asked for");
  // Keys and values of another layer lie head by head.
  const theirs = last.shape.length === 4;
  if (theirs && bias) throw new Unsupported("a bias, and keys of another layer");
  const [query, ...fresh] = await withBias(
    context,
    parts.map((x) => inHeads(x, Number(num_heads))),
    bias,
  );
  const past = pastK && pastV ? [context.float(pastK), context.float(pastV)] : kase.outputs[1] ? fresh.map(noRows) : [];
  const present = past.length ? await appended(context, past, fresh, "bshd") : [];
  const [keys, values] = present.length ? present : fresh;
  if (padding && padding.dims.length > 1 && padding.dims[1] !== fresh[0]!.shape[theirs ? 2 : 1])
    throw new Unsupported(`key_padding_mask of [${padding.dims}]`);
  const seen = padding?.dims.length === 2 && {
    mask: { data: Uint32Array.from(padding.data), shape: [padding.dims[0]!, 1, 1, padding.dims[1]!] },
  };
  const hidden = { data: [-Infinity], shape: [], dtype: "f32" } as const;
  const more = added && context.float(added);
  const { out, sum } = await finished(
    context,
    {
      ...{ q: query!, k: keys!, v: values! },
      ...(padding?.dims.length === 1 && { lengths: lengthsOf({ ...padding, data: padding.data.slice(0, query!.shape[0]) }) }),
      ...seen,
      ...(more && { mask: seen ? await context.run(where, { condition: seen.mask, a: more, b: hidden }) : more }),
    },
    {
      layout: "bshd",
      kvLayout: present.length || theirs ? "bhsd" : "bshd",
      causal: unidirectional === 1,
      scale: number(scale),
    },
    true,
  );
  return { outputs: [out, ...present], sum };
}

/** Attention of ONNX Runtime: x · weights + bias is q, k and v side by side; past and present are [2, B, heads, rows, D]. */
async function packedAttention(kase: FileCase, context: Context): Promise<Answer> {
  const [x, weights, bias, mask, past, added, pastRows] = kase.inputs as readonly Given[];
  const { num_heads, scale, unidirectional, past_present_share_buffer, do_rotary } = kase.attributes;
  if (do_rotary) throw new Unsupported("rotary embedding inside");
  const packed = await context.run(matmul, {
    a: context.float(x),
    b: context.float(weights),
    ...(bias && { bias: context.float(bias) }),
  });
  const width = packed.shape[2]! / 3;
  const part = async (i: number) =>
    inHeads(
      await context.run(slice, { x: packed }, { axes: [2], starts: [i * width], ends: [(i + 1) * width] }),
      Number(num_heads),
    );
  const [q, ...fresh] = await Promise.all([0, 1, 2].map(part));
  const [b, s, , d] = q!.shape;
  const before = await Promise.all(
    [0, 1].map(async (i) => {
      if (!past) return noRows(fresh[i]!);
      const one = await context.run(slice, { x: context.float(past) }, { axes: [0], starts: [i], ends: [i + 1] });
      return reshape(one, one.shape.slice(1));
    }),
  );
  // The past's buffer has room for the new rows, and is the present; or present is made of both.
  const position = past_present_share_buffer ? pastRows!.data[0]! : undefined;
  const inPlace = async (position: number) => {
    const [kCache, vCache] = before as [HostTensor, HostTensor];
    const caches = await context.run(kvAppend, { k: fresh[0]!, v: fresh[1]!, kCache, vCache }, { position, layout: "bshd" });
    return [caches.kCache, caches.vCache];
  };
  const present =
    position !== undefined
      ? await inPlace(position)
      : kase.outputs[1] || past
        ? await appended(context, before, fresh, "bshd")
        : [];
  const [keys, values] = present.length ? present : fresh;
  const t = before[0]!.shape[2]! + (position === undefined ? s! : 0);
  const seen = mask ? told(mask, [b!, s!, t]) : {};
  if ("mask" in seen && added) throw new Unsupported("two masks at once");
  const { out, sum } = await finished(
    context,
    { q: q!, k: keys!, v: values!, ...seen, ...(added && { mask: context.float(added) }) },
    {
      layout: "bshd",
      kvLayout: present.length ? "bhsd" : "bshd",
      causal: unidirectional === 1,
      scale: number(scale),
      length: position === undefined ? undefined : position + s!,
    },
    true,
  );
  if (!present.length) return { outputs: [out], sum };
  const both = present.map((one) => reshape(one, [1, b!, Number(num_heads), t, d!]));
  return { outputs: [out, await context.run(concat, { x0: both[0]!, x1: both[1]! }, { axis: 0 })], sum };
}

/** mask_index [B] counts keys; [2B] has where they end, then where they start; [B, T], [B, 1] and [B, S, T] tell them. ORT adds −10,000 where ours hides: a row that sees none differs. */
function told({ data, dims }: FileTensor, [b, s, t]: readonly number[]): { mask: HostTensor } | { lengths: HostTensor } {
  const rest = dims.slice(1).join();
  if (dims[0] === b && dims.length === 1) return { lengths: { data: Uint32Array.from(data), shape: [b!] } };
  if (dims[0] === 2 * b! && dims.length === 1) {
    const seen = Uint32Array.from({ length: b! * t! }, (_, n) => {
      const [row, key] = [Math.floor(n / t!), n % t!];
      return Number(key >= data[b! + row]! && key < data[row]!);
    });
    return { mask: { data: seen, shape: [b!, 1, 1, t!] } };
  }
  if (dims[0] !== b || ![`${t}`, "1", `${s},${t}`].includes(rest)) throw new Unsupported(`mask_index of [${dims}]`);
  return { mask: { data: Uint32Array.from(data), shape: [b!, 1, ...(dims.length === 2 ? [1] : []), ...dims.slice(1)] } };
}

/** [B, S, (heads + 2 · shared) · D] as q, k and v, each [B, S, its heads, D]. A cache takes k and v apart, so `kvHeads` is of no use here. */
async function sideBySide({ run }: Context, packed: HostTensor, heads: number, shared: number): Promise<HostTensor[]> {
  const x = inHeads(packed, heads + 2 * shared);
  const ends = [heads, heads + shared, heads + 2 * shared];
  return Promise.all(ends.map((end, i) => run(slice, { x }, { axes: [2], starts: [ends[i - 1] ?? 0], ends: [end] })));
}

/** GroupQueryAttention: causal, with a cache [B, heads, rows, D] that the new keys are appended to. */
async function groupQuery(kase: FileCase, context: Context): Promise<Answer> {
  const [q, k, v, pastK, pastV, seqlens] = kase.inputs as readonly Given[];
  const { num_heads, kv_num_heads, scale, softcap, do_rotary, local_window_size, kv_cache_bit_width } = kase.attributes;
  if (kv_cache_bit_width) throw new Unsupported("a quantised cache");
  if (do_rotary) throw new Unsupported("rotary embedding inside");
  if (!pastK || !pastV) throw new Unsupported("no past");
  const [query, ...fresh] =
    k && v
      ? [q, k, v].map((x, i) => inHeads(context.float(x), Number(i ? kv_num_heads : num_heads)))
      : await sideBySide(context, context.float(q), Number(num_heads), Number(kv_num_heads));
  const [keys, values] = await appended(context, [context.float(pastK), context.float(pastV)], fresh, "bshd");
  const window = Number(local_window_size ?? -1);
  const { out, sum } = await finished(
    context,
    { q: query!, k: keys!, v: values!, lengths: lengthsOf(seqlens!, 1) },
    {
      layout: "bshd",
      kvLayout: "bhsd",
      causal: true,
      scale: number(scale) || undefined,
      softcap: number(softcap),
      ...(window > 0 && { window }),
      offset: pastK.dims[2]!,
    },
    true,
  );
  return { outputs: [out, keys!, values!], sum };
}

/** RotaryEmbedding of ONNX and of ONNX Runtime, whose inputs stand in another order; a single position is that of the first row. */
async function rotary(kase: FileCase, { run, float }: Context, order: readonly number[]): Promise<Answer> {
  const [expected] = kase.outputs;
  if (
    "atol" in kase.tolerance &&
    kase.tolerance.atol < 5e-5 &&
    expected!.data.every((y) => Math.abs(y - Number(y.toFixed(4))) < 1e-9)
  )
    throw new Unsupported("expected values of four decimals, and a tolerance finer than their rounding");
  const [x, cos, sin, positions] = order.map((i) => kase.inputs[i] as Given);
  const { interleaved, num_heads, rotary_embedding_dim } = kase.attributes;
  const given = float(x);
  const flat = given.shape.length === 3;
  // Where neither heads nor their size are told, all of a head is turned.
  const heads = Number(num_heads) || given.shape.at(-1)! / (2 * cos!.dims.at(-1)!);
  if (!num_heads && rotary_embedding_dim && flat) throw new Error("rotary_embedding_dim without num_heads");
  const first = positions?.data.length === 1 && countOf(positions.dims) !== x!.dims[0]! * x!.dims[flat ? 1 : 2]!;
  const out = await run(
    rope,
    {
      ...{ x: inHeads(given, heads), cos: float(cos), sin: float(sin) },
      ...(positions &&
        !first && {
          positions: { data: Uint32Array.from(positions.data), shape: positions.dims.length > 1 ? positions.dims : [1, 1] },
        }),
    },
    { interleaved: interleaved === 1, layout: flat ? "bshd" : "bhsd", ...(first && { position: positions.data[0]! }) },
  );
  return { outputs: [reshape(out, given.shape)] };
}

/** The operators of this family, those that wait for a kernel included. */
export const family: readonly string[] = [
  "onnx/Attention",
  "onnx/com.microsoft.Attention",
  "onnx/com.microsoft.MultiHeadAttention",
  "onnx/com.microsoft.GroupQueryAttention",
  "onnx/RotaryEmbedding",
  "onnx/com.microsoft.RotaryEmbedding",
];

export const operators: Operators = {
  "onnx/Attention": onnxAttention,
  "onnx/com.microsoft.Attention": packedAttention,
  "onnx/com.microsoft.MultiHeadAttention": multiHead,
  "onnx/com.microsoft.GroupQueryAttention": groupQuery,
  "onnx/RotaryEmbedding": (kase, context) => rotary(kase, context, [0, 1, 2, 3]),
  "onnx/com.microsoft.RotaryEmbedding": (kase, context) => rotary(kase, context, [0, 2, 3, 1]),
};
