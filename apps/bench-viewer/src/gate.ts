/** Where a run waits while it is paused. */
export interface Gate {
  close(): void;
  open(): void;
  /** Settles at once while it is open. */
  pass(): Promise<void> | undefined;
}

export function createGate(): Gate {
  let waiting: PromiseWithResolvers<void> | undefined;
  return {
    close() {
      waiting ??= Promise.withResolvers();
    },
    open() {
      waiting?.resolve();
      waiting = undefined;
    },
    pass: () => waiting?.promise,
  };
}
