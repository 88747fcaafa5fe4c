const texts = new WeakMap<GPUDevice, Set<string>>();

/** Whether a device meets these texts for the first time. Whoever compiles for a test or a bench asks; sizes are not in texts, so sizes share them. */
export function firstSeen(device: GPUDevice, code: readonly string[]): boolean {
  const seen = texts.get(device) ?? new Set();
  texts.set(device, seen);
  const fresh = code.some((text) => !seen.has(text));
  for (const text of code) seen.add(text);
  return fresh;
}
