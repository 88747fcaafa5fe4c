// What the Models tab and its worker say to each other. The worker has the models and a device of its own.

export interface Files {
  readonly config: File;
  readonly weights: File;
  /** vocab.json: what each token stands for. */
  readonly vocabulary?: File | undefined;
}

export interface Sampling {
  readonly tokens: number;
  readonly temperature: number;
  readonly topK: number | undefined;
  readonly seed: number;
}

export type ModelsQuestion =
  /** 28 x 28 bytes of ink. */
  | { readonly about: "digit"; readonly ink: Uint8Array }
  /** From here on texts go by this model; without files by a random one. */
  | { readonly about: "use"; readonly files?: Files | undefined }
  | { readonly about: "generate"; readonly prompt: string; readonly how: Sampling }
  | { readonly about: "attention"; readonly text: string };

/** What a convolution or a pool gave: [channels, rows, columns]. */
export interface FeatureMaps {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TextModel {
  /** Its weights came from a seed and were never trained. */
  readonly random: boolean;
  readonly parameters: number;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly positions: number;
  readonly vocabulary: number;
  /** How text becomes tokens. */
  readonly tokens: string;
}

export interface Written {
  readonly tokens: number;
  /** From the prompt to the first token, and from there to the last. */
  readonly firstMs: number;
  readonly restMs: number;
}

export interface Attention {
  readonly tokens: readonly string[];
  readonly heads: number;
  /** A layer each: [heads, rows, keys]; a row's numbers add up to 1. */
  readonly layers: readonly Float32Array[];
}

export interface ModelsAnswers {
  readonly digit: { readonly probabilities: readonly number[]; readonly maps: readonly FeatureMaps[]; readonly ms: number };
  readonly use: TextModel;
  readonly generate: Written;
  readonly attention: Attention;
}

export type ModelsCommand =
  | { readonly type: "open"; readonly low: boolean }
  | { readonly type: "ask"; readonly id: number; readonly question: ModelsQuestion }
  | { readonly type: "stop" };

export type ModelsReport =
  | {
      readonly type: "answer";
      readonly id: number;
      readonly answer?: ModelsAnswers[keyof ModelsAnswers];
      readonly error?: string;
    }
  /** What was written so far. */
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "lost"; readonly message: string };
