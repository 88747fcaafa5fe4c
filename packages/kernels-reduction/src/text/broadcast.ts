import { wgsl } from "@tilewright/runtime";

/** `name(i)`: which element of a broadcast operand belongs to element i. @param sizes of the groups; the outermost is not asked for */
export const broadcastText = (name: string, across: string, sizes: readonly string[]): string => {
  const lines = [...across]
    .map((kind, i) => {
      const index = i ? `rest % ${sizes[i]}` : "rest";
      return `${kind === "m" ? `at += ${index} * step; ${i ? `step *= ${sizes[i]}; ` : ""}` : ""}${i ? `rest /= ${sizes[i]};` : ""}`;
    })
    .reverse();
  return wgsl`fn ${name}(i: u32) -> u32 { var rest = i; var at = 0u; var step = 1u; ${lines.join(" ")} return at; }`;
};
