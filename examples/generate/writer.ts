// A language model in a folder of Hugging Face's (config.json, tokenizer.json, model.safetensors), and the text it writes.
import {
  type Decoder,
  decodeOnCpu,
  decoder,
  type Folder,
  type GenerateTextOptions,
  type GptConfig,
  generateText,
  gpt,
  type LanguageModel,
  type LlamaConfig,
  type LoadHow,
  llama,
  load,
  type Past,
  type Reader,
  readJson,
} from "@tilewright/models";
import { type Tokenizer, tokenizer } from "@tilewright/models/tokenizer";

export interface Writer {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** Tokens that end a text. */
  readonly ends: readonly number[];
}

type Config = { readonly eos_token_id?: number | readonly number[] | null } & (
  | (GptConfig & { readonly model_type: "gpt2" })
  | LlamaConfig
);

/** Reads a folder. The weights go straight to the device, if there is one. @throws KernelError */
export async function open(from: Folder, how: LoadHow = {}): Promise<Writer> {
  const config = await readJson<Config>(from, "config.json");
  const has = await from.open("tokenizer_config.json");
  const words = tokenizer(await readJson(from, "tokenizer.json"), has && (await readJson(from, "tokenizer_config.json")));
  const model = config.model_type === "gpt2" ? gpt(config as GptConfig) : llama(config as LlamaConfig);
  await load(model, from, how);
  return { model, tokenizer: words, ends: [config.eos_token_id ?? []].flat() };
}

export interface Written {
  readonly text: string;
  /** Of the prompt, and those that were written. */
  readonly promptTokens: number;
  readonly tokens: number;
  /** Seconds to the first token (compiling and reading the prompt), and for the others. */
  readonly first: number;
  readonly rest: number;
}

export interface WriteHow extends GenerateTextOptions {
  /** The most tokens of prompt and text. Default 1024, or the model's own limit. */
  readonly room?: number | undefined;
  readonly onPiece?: ((piece: string) => void) | undefined;
}

/** Writes on. @param on a device, or `"cpu"` for the kernels' references */
export async function write(
  { model, tokenizer: words, ends }: Writer,
  prompt: string,
  on: GPUDevice | "cpu",
  { room = 1024, onPiece, stop = [], ...how }: WriteHow = {},
): Promise<Written> {
  const ids = words.encode(prompt);
  const most = Math.min(room, model.decoding.positions);
  const reader = on === "cpu" ? onCpu(model, most) : await decoder(model, { device: on, room: most });
  const began = performance.now();
  let first = began;
  let text = "";
  let tokens = 0;
  const counted: Reader = {
    batch: reader.batch,
    room: reader.room,
    get length() {
      return reader.length;
    },
    async append(more) {
      const got = await reader.append(more);
      if (tokens++ === 0) first = performance.now();
      return got;
    },
  };
  try {
    for await (const piece of generateText(counted, words, ids, { ...how, stop: [...ends, ...stop] })) {
      text += piece;
      onPiece?.(piece);
    }
  } finally {
    reader.destroy();
  }
  const end = performance.now();
  return { text, promptTokens: ids.length, tokens, first: (first - began) / 1000, rest: (end - first) / 1000 };
}

function onCpu(model: LanguageModel, room: number): Reader & Pick<Decoder, "destroy"> {
  let past: readonly Past[] | undefined;
  return {
    ...{ batch: 1, room },
    get length() {
      return past?.[0]?.k.shape[2] ?? 0;
    },
    async append(ids) {
      const got = await decodeOnCpu(model, ids, past);
      past = got.past;
      return got;
    },
    destroy() {},
  };
}

/** `32 tokens behind 5: 0.21 s to the first, then 95 tokens per second` */
export function summary({ promptTokens, tokens, first, rest }: Written): string {
  const rate = tokens > 1 && rest > 0 ? `, then ${((tokens - 1) / rest).toFixed(1)} tokens per second` : "";
  return `${tokens} tokens behind ${promptTokens}: ${first.toFixed(2)} s to the first${rate}`;
}
