// What scripts/rivals.ts loads into headless Chrome.
import { race, racePath, starts } from "@tilewright/rivals";
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
  for (const { kernel, sizes } of suites) {
    const kase = sizes.find((one) => racePath(kernel, one) === path);
    if (kase) return toText(await race(everyone, kernel, kase, { onProgress: globalThis.heardProgress }));
  }
  throw new Error(`there is no ${path}`);
};
