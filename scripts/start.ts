// Opens the bench-viewer:  node scripts/start.ts [--headless] [--filter PATH] [--json FILE] [--port N] [--low]
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { buildViewer, dist, policy } from "../apps/bench-viewer/build.ts";
import { headless } from "./headless.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"), // pnpm passes a lone -- on
  allowPositionals: true,
  options: {
    headless: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    json: { type: "string" },
    port: { type: "string", default: "4173" },
    low: { type: "boolean", default: false },
  },
});

/** The command that opens a page in the user's browser, where there is a display to show it on. */
function opener(): [command: string, ...args: string[]] | undefined {
  if (process.platform === "darwin") return ["open"];
  if (process.platform === "win32") return ["cmd", "/c", "start", ""];
  return process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"] ? ["xdg-open"] : undefined;
}

if (values.headless) {
  process.exitCode = await headless({ parity: true, bench: true, filter: values.filter, json: values.json, low: values.low });
} else {
  await buildViewer();
  const { port } = await serve(dist, { port: Number(values.port), policy: policy() });
  const query = new URLSearchParams({
    ...(values.filter && { filter: values.filter }),
    ...(values.low && { low: "1" }),
  }).toString();
  const url = `http://localhost:${port}/${query && `?${query}`}`;
  console.log(`Tilewright bench-viewer: ${url}\nCtrl+C ends it.`);
  const open = opener();
  if (open)
    spawn(open[0], [...open.slice(1), url], { stdio: "ignore", detached: true })
      .on("error", () => {})
      .unref();
}
