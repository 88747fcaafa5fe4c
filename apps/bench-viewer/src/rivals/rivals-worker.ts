// The rivals' side: each library is fetched from this site when it is first raced.
import { makeRivalsRun, race, raceable, starts, versions } from "@tilewright/rivals";
import { toText } from "@tilewright/testing";
import { suites } from "../suites.ts";
import type { RivalsCommand, RivalsReport } from "./protocol.ts";

const say = (report: RivalsReport): void => postMessage(report);

const everyone = starts(suites.map(({ kernel }) => kernel));
const all = raceable(suites);

async function run(path: string): Promise<void> {
  try {
    const { kernel, kase } = all.find((one) => one.path === path)!;
    say({ type: "race", race: await race(everyone, kernel, kase, { onProgress: (what) => say({ type: "progress", what }) }) });
  } catch (error) {
    say({ type: "failed", reason: (error as Error).message });
  }
}

addEventListener("message", ({ data }: MessageEvent<RivalsCommand>) => {
  if (data.type === "race") void run(data.path);
  else say({ type: "text", text: toText(makeRivalsRun(navigator.userAgent, data.races)) });
});

const names = ["@tensorflow/tfjs-backend-webgpu", "onnxruntime-web", "@jax-js/jax"];
say({ type: "ready", paths: all.map(({ path }) => path), rivals: names.map((name) => `${name} ${versions[name]}`) });
