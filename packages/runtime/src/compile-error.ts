// What is wrong with a text that does not compile: fetched when one does not.

/** The compiler's first error with the lines it is about; without one, what the pipeline said. */
export async function explain(module: GPUShaderModule, code: string, cause: Error): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const first = messages.find(({ type }) => type === "error");
  return first ? excerpt(code, first) : cause.message;
}

/** The message, three lines of the text and a caret. */
function excerpt(code: string, { message, lineNum, linePos }: GPUCompilationMessage): string {
  const lines = code.split("\n").slice(Math.max(0, lineNum - 3), lineNum);
  return `${message}\n${lines.join("\n")}\n${" ".repeat(Math.max(0, linePos - 1))}^`;
}
