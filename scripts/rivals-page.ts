// What scripts/rivals.ts loads into headless Chrome.
import { raceAt } from "@tilewright/rivals";
import { toText } from "@tilewright/testing";
import { suites } from "../apps/bench-viewer/src/suites.ts";

declare global {
  var raceIn: (path: string) => Promise<string>;
  var heardProgress: (what: string) => void;
}

globalThis.raceIn = async (path) =>
  toText(
    await raceAt(suites, path, {
      wasm: new URL("ort-wasm-simd-threaded.asyncify.wasm", location.href).href,
      onProgress: globalThis.heardProgress,
    }),
  );
