// Rotary frequencies as Hugging Face's configurations tell them.
import { fail } from "@tilewright/runtime";

export interface RopeScaling {
  /** "default", "linear" or "llama3"; once called `type`. */
  readonly rope_type?: string | undefined;
  readonly type?: string | undefined;
  /** Positions are stretched by it. */
  readonly factor?: number | undefined;
  /** Llama 3: what turns less often than that within the first length is stretched in full … */
  readonly low_freq_factor?: number | undefined;
  /** … and what turns more often, not at all. */
  readonly high_freq_factor?: number | undefined;
  readonly original_max_position_embeddings?: number | undefined;
}

interface RopeConfig {
  readonly rope_theta?: number | undefined;
  readonly rope_scaling?: RopeScaling | null | undefined;
  readonly rope_parameters?: (RopeScaling & { readonly rope_theta?: number | undefined }) | null | undefined;
}

/** Radians a position, one for each pair of a head: theta^(−2i / size), scaled. @throws KernelError `feature`, `shape` */
export function frequenciesOf(who: string, size: number, config: RopeConfig): number[] {
  const { rope_parameters, rope_theta = rope_parameters?.rope_theta ?? 10000 } = config;
  const scaling: RopeScaling = rope_parameters ?? config.rope_scaling ?? {};
  const { rope_type = scaling.type ?? "default" } = scaling;
  const plain = Array.from({ length: size / 2 }, (_, i) => rope_theta ** ((-2 * i) / size));
  const need = (name: "factor" | "low_freq_factor" | "high_freq_factor" | "original_max_position_embeddings") => {
    const value = scaling[name];
    if (typeof value !== "number" || !(value > 0))
      return fail(who, "shape", `rope scaling "${rope_type}" has the ${name} ${value}; needed is a number above 0.`);
    return value;
  };
  if (rope_type === "default") return plain;
  if (rope_type === "linear") return plain.map((f) => f / need("factor"));
  if (rope_type !== "llama3")
    return fail(who, "feature", `the rope scaling is "${rope_type}"; there are default, linear, llama3.`);
  const [factor, low, high] = [need("factor"), need("low_freq_factor"), need("high_freq_factor")];
  const first = need("original_max_position_embeddings");
  return plain.map((f) => {
    const turns = (first * f) / (2 * Math.PI); // within the length that it was first trained for
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return kept * f + (1 - kept) * (f / factor);
  });
}
