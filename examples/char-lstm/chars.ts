// A language model of characters: its alphabet is a text's, its weights are a file's or counted from the text.
import {
  type GenerateOptions,
  generate,
  load,
  openSafetensors,
  type Source,
  type TextLstm,
  textLstm,
  textReader,
} from "@tilewright/models";
import { type HostTensor, tensor } from "@tilewright/runtime";

/** What is wrong with what was given. */
export class DataError extends Error {
  override readonly name = "DataError";
}

/** The distinct characters of a text in order; a token is a place among them. */
export interface Alphabet {
  readonly characters: readonly string[];
  /** @throws DataError for a character that the text does not have */
  encode(text: string): number[];
}

export function alphabetOf(text: string): Alphabet {
  const characters = [...new Set(text)].sort();
  if (characters.length < 2)
    throw new DataError("The text has fewer than two different characters: there is nothing to learn from it.");
  const places = new Map(characters.map((character, place) => [character, place]));
  return {
    characters,
    encode: (text) =>
      Array.from(
        text,
        (character) =>
          places.get(character) ??
          fail(`The text has no ${JSON.stringify(character)}; it has ${JSON.stringify(characters.join(""))}.`),
      ),
  };
}

const fail = (message: string): never => {
  throw new DataError(message);
};

const MOST = 1000; // weights grow with the square

/**
 * How often each character follows each other one, as the weights of an LSTM with a unit for each character: i and o stay open, f stays shut, g is 1
 * in the unit of the last character, so h is tanh(1) there and 0 elsewhere, and the dense layer has the logarithms of the counts' shares. What comes out is a
 * bigram model: it looks one character back. An LSTM that was trained looks further.
 */
export function counted(ids: readonly number[], vocabulary: number): Record<string, HostTensor> {
  const n = vocabulary;
  if (n > MOST) fail(`The text has ${n} different characters; weights are counted for at most ${MOST}.`);
  const shut = 20; // σ(−20) and 1 − tanh(20) are nothing
  const counts = new Float64Array(n * n).fill(0.01); // so that what never was is unlikely, not impossible
  for (let i = 1; i < ids.length; i++) counts[ids[i - 1]! * n + ids[i]!]!++;
  const eye = (rows: number, from: number, value: number) =>
    Float32Array.from({ length: rows * n }, (_, at) => (Math.floor(at / n) - from === at % n ? value : 0));
  const totals = Float64Array.from({ length: n }, (_, last) =>
    counts.subarray(last * n, (last + 1) * n).reduce((a, b) => a + b, 0),
  );
  const shares = Float32Array.from({ length: n * n }, (_, at) => {
    const [next, last] = [Math.floor(at / n), at % n];
    return Math.log(counts[last * n + next]! / totals[last]!) / Math.tanh(1);
  });
  const gates = Float32Array.from({ length: 4 * n }, (_, row) => [shut, -shut, 0, shut][Math.floor(row / n)]!); // i, f, g, o
  return {
    "embedding.weight": tensor(eye(n, 0, 1), [n, n]),
    "lstm.weight_ih_l0": tensor(eye(4 * n, 2 * n, shut), [4 * n, n]),
    "lstm.weight_hh_l0": tensor(new Float32Array(4 * n * n), [4 * n, n]),
    "lstm.bias_ih_l0": tensor(gates, [4 * n]),
    "lstm.bias_hh_l0": tensor(new Float32Array(4 * n), [4 * n]),
    "dense.weight": tensor(shares, [n, n]),
    "dense.bias": tensor(new Float32Array(n), [n]),
  };
}

/** The model of a text: with the weights of a file, whose sizes it takes, or counted. */
export async function modelOf(text: string, weights?: Source): Promise<{ model: TextLstm; alphabet: Alphabet }> {
  const alphabet = alphabetOf(text);
  const vocabulary = alphabet.characters.length;
  if (!weights) {
    const model = textLstm({ vocabulary, units: vocabulary });
    await load(model, { tensors: counted(alphabet.encode(text), vocabulary) });
    return { model, alphabet };
  }
  const file = await openSafetensors(weights);
  const shapeOf = (name: string) => file.entries.find((entry) => entry.name === name)?.shape ?? [];
  const layers = file.entries.filter(({ name }) => /^lstm\.weight_hh_l\d+$/.test(name)).length;
  const [units, width] = [shapeOf("lstm.weight_hh_l0")[1], shapeOf("embedding.weight")[1]];
  if (!units || !width) throw new DataError("The weights are no textLstm's: embedding.weight or lstm.weight_hh_l0 is missing.");
  const model = textLstm({ vocabulary, units, width, layers });
  await load(model, file); // says so where they are of another alphabet
  return { model, alphabet };
}

/** Characters that follow a prompt, each as soon as it is chosen; the model's state stays on the device. */
export async function* write(
  { model, alphabet }: { readonly model: TextLstm; readonly alphabet: Alphabet },
  device: GPUDevice,
  prompt: string,
  options: GenerateOptions,
): AsyncGenerator<string, void> {
  const ids = alphabet.encode(prompt);
  if (ids.length === 0) throw new DataError("The prompt is empty: what should the text begin with?");
  const reader = await textReader(model, { device });
  try {
    for await (const token of generate(reader, ids, options)) yield alphabet.characters[token]!;
  } finally {
    reader.destroy();
  }
}
