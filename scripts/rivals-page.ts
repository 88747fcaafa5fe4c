// What scripts/rivals.ts loads into headless Chrome.
import { race, raceable, starts } from "@tilewright/rivals";
import { toText } from "@tilewright/testing";
import { suites } from "../apps/bench-viewer/src/suites.ts";

declare global {
  var raceIn: (path: string) => Promise<string>;
  var heardProgress: (what: string) => void;
}

globalThis.raceIn = async (path) => {
  const everyone = starts(
    suites.map(({ kernel }) => kernel),
    { wasm: new URL("ort-wasm-simd-threaded.asyncify.wasm", location.href).href },
  );
  const { kernel, kase } = raceable(suites).find((one) => one.path === path)!;
  return toText(await race(everyone, kernel, kase, { onProgress: globalThis.heardProgress }));
};
