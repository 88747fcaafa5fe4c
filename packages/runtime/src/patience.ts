// Dawn in Node asks its driver for news by setImmediate, again and again while anything is pending. That takes a core's whole time, which a
// driver that computes on the CPU needs itself: on lavapipe and two cores, 512³ matmul takes 20.7 ms beside it and 13.5 without.

/** Milliseconds of asking at every turn, before it is left to a timer: what is done at once is heard of at once. */
const EAGER = 0.5;

type Immediate = (callback: (...args: unknown[]) => void, ...args: unknown[]) => unknown;

/** Dawn's callbacks: functions of a native module, which have no name, and a prototype, as what `bind` gives has not. */
const native = (callback: Parameters<Immediate>[0]): boolean =>
  callback.name === "" && "prototype" in callback && Function.prototype.toString.call(callback).includes("[native code]");

/** What asks for news after `EAGER` asks once a millisecond from then on; all else goes by `immediate` as before. */
export function patient(immediate: Immediate, later: (callback: () => void, ms: number) => unknown): Immediate {
  let since = 0;
  let asking = false;
  return Object.assign<Immediate, Immediate>((callback, ...args) => {
    if (!native(callback)) return immediate(callback, ...args);
    if (!asking) since = performance.now();
    const ask = () => {
      asking = true; // what asks again from here still waits for the same
      try {
        callback(...args);
      } finally {
        asking = false;
      }
    };
    return performance.now() - since < EAGER ? immediate(ask) : later(ask, 1);
  }, immediate);
}

const scope = globalThis as unknown as { setImmediate: Immediate; setTimeout: Parameters<typeof patient>[1] };
let done = false;

/**
 * From now on Dawn leaves the cores to its driver while it waits: `setImmediate` is replaced by one that does the same, but lets Dawn ask
 * for news no more than once a millisecond. For your own device on an adapter that computes on the CPU; `requestDevice` does it by itself there.
 */
export function leaveCores(): void {
  if (!done) scope.setImmediate = patient(scope.setImmediate, scope.setTimeout);
  done = true;
}
