// The rivals' side: each library is fetched from this site when it is first raced.
import { makeRivalsRun, raceAt, raceable, versions } from "@tilewright/rivals";
import { toText } from "@tilewright/testing";
import { suites } from "../suites.ts";
import type { RivalsCommand, RivalsReport } from "./protocol.ts";

const say = (report: RivalsReport): void => postMessage(report);

async function run(path: string): Promise<void> {
  try {
    say({ type: "race", race: await raceAt(suites, path, { onProgress: (what) => say({ type: "progress", what }) }) });
  } catch (error) {
    say({ type: "failed", reason: (error as Error).message });
  }
}

addEventListener("message", ({ data }: MessageEvent<RivalsCommand>) => {
  if (data.type === "race") void run(data.path);
  else say({ type: "text", text: toText(makeRivalsRun(navigator.userAgent, data.races)) });
});

const names = ["@tensorflow/tfjs-backend-webgpu", "onnxruntime-web", "@jax-js/jax"];
say({ type: "ready", paths: raceable(suites).map(({ path }) => path), rivals: names.map((name) => `${name} ${versions[name]}`) });
