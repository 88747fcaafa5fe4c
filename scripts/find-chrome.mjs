// Where Chrome, Chromium or Edge is: CHROME_PATH, then the usual names on PATH, then the usual folders, then .toolchain/chrome.
import { existsSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "microsoft-edge-stable",
  "microsoft-edge",
  "chrome",
  "msedge",
];

const FOLDERS = {
  darwin: ["Google Chrome", "Chromium", "Microsoft Edge"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`),
  win32: ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"]
    .map((name) => process.env[name])
    .filter(Boolean)
    .flatMap((base) =>
      [
        "Google\\Chrome\\Application\\chrome.exe",
        "Chromium\\Application\\chrome.exe",
        "Microsoft\\Edge\\Application\\msedge.exe",
      ].map((path) => join(base, path)),
    ),
};

/** Chrome for Testing as `browsers install --path` lays it out: chrome/<platform>-<version>/chrome-<platform>/… */
function* fetched() {
  const base = join(dirname(dirname(fileURLToPath(import.meta.url))), ".toolchain", "chrome", "chrome");
  if (!existsSync(base)) return;
  for (const version of readdirSync(base)) {
    for (const inner of readdirSync(join(base, version))) {
      for (const file of ["chrome", "chrome.exe", "Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing"])
        yield join(base, version, inner, file);
    }
  }
}

/** @returns {string | undefined} */
export function findChrome() {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  const suffix = process.platform === "win32" ? ".exe" : "";
  const onPath = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name + suffix)));
  return [...onPath, ...(FOLDERS[process.platform] ?? []), ...fetched()].find((file) => existsSync(file));
}
