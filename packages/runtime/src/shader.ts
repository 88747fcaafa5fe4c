import type { Caps } from "./caps.ts";
import type { DType, TensorType } from "./tensor.ts";
import type { Lanes, Needs, ParamType } from "./variant.ts";

/** An operand as one dispatch binds it. */
export interface Binding {
  readonly name: string;
  readonly type: TensorType;
  readonly reads: boolean;
  readonly writes: boolean;
}

export const vec = (lanes: number, scalar: string) => (lanes === 1 ? scalar : `vec${lanes}<${scalar}>`);

/** How an operand lies in memory: element type of the array, and the expressions that convert. Without `store` a single one cannot be stored. */
export interface Storage {
  readonly array: string;
  readonly value: string;
  readonly load: string;
  readonly store: string | undefined;
}

/** Whether several elements share a word. */
const isPacked = (dtype: DType, { f16 }: Caps): boolean => dtype.endsWith("8") || (dtype === "f16" && !f16);

function storage(name: string, dtype: DType, lanes: 1 | 2 | 4): Storage {
  const array = vec(lanes, dtype);
  if (dtype !== "f16") return { array, value: array, load: `${name}[i]`, store: "v" };
  const value = vec(lanes, "f32");
  return { array, value, load: `${value}(${name}[i])`, store: `${array}(v)` };
}

/**
 * The generated top of every shader: features, params as `p`, and for each operand its binding with
 * `load_x(i)` and `store_x(i, v)`, which count in units of the operand's lanes and speak f32 for f16, i32 for i8, u32 for u8.
 */
export async function header(
  bindings: readonly Binding[],
  params: Readonly<Record<string, ParamType>>,
  lanes: Lanes,
  caps: Caps,
  { subgroups, subgroupMatrix }: Partial<Needs> = {},
): Promise<string> {
  const lines: string[] = [];
  const packing = bindings.some(({ type }) => isPacked(type.dtype, caps)) ? await import("./packed.ts") : undefined;
  if (caps.f16 && bindings.some(({ type }) => type.dtype === "f16")) lines.push("enable f16;");
  if (subgroups) lines.push("enable subgroups;");
  // That a loop is uniform over a subgroup is the author's word: the analysis knows workgroups only.
  if (subgroupMatrix)
    lines.push("enable chromium_experimental_subgroup_matrix;", "diagnostic(off, chromium.subgroup_matrix_uniformity);");
  const fields = Object.entries(params).map(([name, type]) => `${name}: ${type}`);
  if (fields.length > 0) {
    lines.push(`struct Params { ${fields.join(", ")} }`);
    lines.push(caps.immediates ? "var<immediate> p: Params;" : `@group(0) @binding(${bindings.length}) var<uniform> p: Params;`);
  }
  if (!caps.f16 && bindings.some(({ type, writes }) => writes && type.dtype === "f16")) lines.push(packing!.PACK);
  bindings.forEach(({ name, type, reads, writes }, i) => {
    const { array, value, load, store } = (isPacked(type.dtype, caps) ? packing!.packed : storage)(
      name,
      type.dtype,
      lanes[name] ?? 1,
    );
    lines.push(`@group(0) @binding(${i}) var<storage, ${writes ? "read_write" : "read"}> ${name}: array<${array}>;`);
    if (reads) lines.push(`fn load_${name}(i: u32) -> ${value} { return ${load}; }`);
    if (writes && store) lines.push(`fn store_${name}(i: u32, v: ${value}) { ${name}[i] = ${store}; }`);
  });
  return `${lines.join("\n")}\n`;
}
