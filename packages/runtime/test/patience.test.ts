import { AsyncResource } from "node:async_hooks";
import { expect, test, vi } from "vitest";
import { patient } from "../src/patience.ts";

type Callback = (...args: unknown[]) => void;
/** A function that looks like a native module's: a proxy's text is `[native code]`, its name and prototype are a class's. */
const asDawn = (body: Callback): Callback =>
  new Proxy(class {} as unknown as Callback, {
    apply: (_of, _this, args) => body(...args),
    get: (of, key) => (key === "name" ? "" : Reflect.get(of, key)),
  });

test("what others ask for goes on as it is, arguments included", () => {
  const immediate = vi.fn();
  const later = vi.fn();
  const named = () => {};
  const bound = asDawn.bind(null);
  const asked = patient(immediate, later);
  asked(named, 1, 2);
  asked(bound as Callback);
  asked(AsyncResource.bind(() => {}));
  expect(immediate.mock.calls[0]).toEqual([named, 1, 2]);
  expect(immediate).toHaveBeenCalledTimes(3);
  expect(later).not.toHaveBeenCalled();
});

test("what asks again and again goes by a timer after half a millisecond, and anew for the next wait", () => {
  const immediate = vi.fn<(callback: Callback) => void>();
  const later = vi.fn<(callback: Callback, ms: number) => void>();
  const now = vi.spyOn(performance, "now");
  const asked = patient(immediate, later);
  let pending = 4;
  const ask = asDawn(() => {
    if (--pending > 0) asked(ask);
  });
  const at = (ms: number, run: () => void) => {
    now.mockReturnValue(ms);
    run();
  };
  at(10, () => asked(ask));
  at(10.4, () => immediate.mock.lastCall![0]());
  expect([immediate.mock.calls.length, later.mock.calls.length]).toEqual([2, 0]);
  at(10.6, () => immediate.mock.lastCall![0]());
  at(11.7, () => later.mock.lastCall![0]());
  expect([immediate.mock.calls.length, later.mock.calls.length]).toEqual([2, 2]);
  expect(later.mock.lastCall![1]).toBe(1);
  at(12.8, () => later.mock.lastCall![0]()); // the last: nothing is pending
  expect(later).toHaveBeenCalledTimes(2);
  at(12.9, () => asked(ask));
  expect(immediate).toHaveBeenCalledTimes(3);
  now.mockRestore();
});
