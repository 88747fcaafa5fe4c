// A language model of one LSTM, whole texts or token by token.
import { kvAppend } from "@tilewright/kernels-attention";
import { slice } from "@tilewright/kernels-pointwise";
import { softmax } from "@tilewright/kernels-reduction";
import {
  allocate,
  fail,
  type GpuTensor,
  type HostTensor,
  showShape,
  type Tape,
  tensor,
  type Value,
  write,
} from "@tilewright/runtime";
import { normal } from "../init.ts";
import type { Scope } from "../layer.ts";
import { dense } from "../layers/dense.ts";
import { embedding } from "../layers/embedding.ts";
import { type State, statefulLstm } from "../layers/recurrent.ts";
import { defineModel, type Model } from "../model.ts";
import { type Steps, steps } from "../steps.ts";
import type { Decoded, Decoder } from "./decoder.ts";

export interface TextLstmOptions {
  /** Tokens that there are: characters of an alphabet, or words. */
  readonly vocabulary: number;
  /** Default 64. */
  readonly units?: number | undefined;
  /** Of the embedding. Default: units. */
  readonly width?: number | undefined;
  /** Default 1. */
  readonly layers?: number | undefined;
  readonly seed?: number | undefined;
}

/** `input_ids` u32 [batch, rows]. */
export interface TextLstm extends Model<"input_ids", never, "last_hidden_state" | "logits" | "probabilities"> {
  readonly options: Required<{ readonly [K in Exclude<keyof TextLstmOptions, "seed">]: number }>;
}

/**
 * Embedding, LSTM, dense: of every row what the LSTM gives, `last_hidden_state` [batch, rows, units], scores of the token behind it, `logits`
 * [batch, rows, vocabulary], and their softmax, `probabilities`. To write on, token by token, see {@link textReader}.
 *
 * It is built at once. Parameters: `embedding.weight`, the LSTM's under `lstm`, `dense.weight`, `dense.bias`.
 */
export function textLstm({ vocabulary, units = 64, width = units, layers = 1, seed = 0 }: TextLstmOptions): TextLstm {
  const options = { vocabulary, units, width, layers };
  const model = defineModel<"input_ids", never, "last_hidden_state" | "logits" | "probabilities">(
    {
      name: "textLstm",
      sample: { input_ids: { shape: [1, 1], dtype: "u32" } },
      forward(scope, { input_ids }) {
        const { y } = rows(scope, options, input_ids);
        const logits = scope.run("dense", dense(vocabulary), y);
        return { last_hidden_state: y, logits, probabilities: scope.tape.call(softmax, { x: logits }) };
      },
    },
    { seed },
  );
  return { ...model, options };
}

function rows(scope: Scope, { vocabulary, units, width, layers }: TextLstm["options"], ids: Value, state?: State) {
  if (ids.shape.length !== 2) fail("textLstm", "shape", `input_ids is ${showShape(ids.shape)}; needed is [batch, rows].`);
  const x = scope.run("embedding", embedding(vocabulary, width, { init: normal(1) }), ids);
  return scope.run("lstm", statefulLstm(units, { layers }), x, { state });
}

export interface TextReader extends Pick<Decoder, "batch" | "length" | "room" | "append" | "destroy"> {
  /** Forgets all that it has read. */
  reset(): void;
}

/**
 * Reads a text and writes on, with the LSTM's state on the device from token to token; `generate(reader, prompt, { temperature: 0.8 })` chooses tokens.
 * Its room is endless. The first call with a number of rows compiles a program, later ones create nothing. Readers of one model share its weights.
 */
export async function textReader(
  model: TextLstm,
  { device, batch = 1 }: { readonly device: GPUDevice; readonly batch?: number | undefined },
): Promise<TextReader> {
  const { units, layers } = model.options;
  const type = { shape: [1, batch, units], dtype: "f32" } as const;
  const kept = (name: string) => Array.from({ length: layers }, (_, l) => allocate(device, type, `${name} ${l}`));
  const state = { h: kept("h"), c: kept("c") };
  const all = [...state.h, ...state.c];
  let length = 0;
  const programs: Steps<number, keyof Decoded> = await steps(model, device, (p, scope, count: number) => {
    const here = (tensors: readonly GpuTensor[]) => tensors.map((one) => p.constant(one));
    return step(p, scope, model, [batch, count], { h: here(state.h), c: here(state.c) });
  });
  return {
    batch,
    room: Infinity,
    get length() {
      return length;
    },
    append({ data, shape }: HostTensor) {
      if (shape.length !== 2 || shape[0] !== batch || !(shape[1]! > 0))
        fail("textReader", "shape", `ids is ${showShape(shape)}; needed is [${batch}, rows], at least one row.`);
      const input_ids = tensor(Uint32Array.from(data), shape);
      return programs.queued(async () => {
        const got = await programs.run(shape[1]!, { input_ids });
        length += shape[1]!;
        return got;
      });
    },
    reset() {
      void programs.queued(async () => {
        for (const one of all) write(device, one, { data: new Float32Array(batch * units), shape: one.shape });
        length = 0;
      });
    },
    destroy() {
      programs.destroy();
      for (const { buffer } of all) buffer.destroy();
    },
  };
}

/** Some rows, what follows the last, and the state behind it in place of the one before. */
function step(p: Tape, scope: Scope, { options }: TextLstm, shape: readonly [number, number], before: State) {
  const { y, state } = rows(scope, options, p.input("input_ids", { shape, dtype: "u32" }), before);
  state.h.forEach((h, l) => {
    // Two tensors moved in one dispatch: a cache of as many rows as there are texts, written anew.
    const whole = (value: Value) => p.reshape(value, [1, 1, shape[0], options.units]);
    const [hCache, cCache] = [before.h[l]!, before.c[l]!];
    p.call(kvAppend, { k: whole(h), v: whole(state.c[l]!), kCache: whole(hCache), vCache: whole(cCache) });
  });
  const last = shape[1] === 1 ? y : p.call(slice, { x: y }, { starts: [shape[1] - 1], axes: [1] });
  const logits = scope.run("dense", dense(options.vocabulary), last);
  return { last_hidden_state: y, logits: p.reshape(logits, [shape[0], options.vocabulary]) };
}
