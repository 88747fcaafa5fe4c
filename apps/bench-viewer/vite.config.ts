import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { policy } from "./policy.ts";

// Isolated pages get a clock of 5 µs instead of 100 µs.
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** The policy in the page's own head, for servers that send none. */
const secure = (): Plugin => ({
  name: "content-security-policy",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { server }) => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: policy(Boolean(server)) },
        injectTo: "head-prepend",
      },
    ],
  },
});

/** Rivals are fetched when somebody races them: they are named so that nothing else fetches them. */
const RIVAL = "rival-";
const isRival = (id: string): boolean =>
  /node_modules\/(onnxruntime|@tensorflow|@jax-js)|packages\/rivals\/src\/(tfjs|ort|jax)/.test(id);

/** Writes the service worker, with all but the rivals to keep. */
const offline = (): Plugin => ({
  name: "offline",
  apply: "build",
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      const names = Object.keys(bundle).filter((name) => !basename(name).startsWith(RIVAL) && !/\.(html|wasm)$/.test(name));
      const files = JSON.stringify(["./", ...names.map((name) => `./${name}`)]);
      const version = createHash("sha256").update(files).digest("hex").slice(0, 12);
      const rest = readFileSync(new URL("service-worker.js", import.meta.url), "utf8");
      this.emitFile({
        type: "asset",
        fileName: "service-worker.js",
        source: `const FILES = ${files};\nconst VERSION = "${version}";\n${rest}`,
      });
    },
  },
});

/** Reached only in Node, and dropped from the bundle. */
const nodeOnly = ["@tilewright/runtime/node"];

const RIVALS = [
  "@jax-js/jax",
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-backend-webgpu",
  "@bufbuild/protobuf",
  "@bufbuild/protobuf/wkt",
];

export default defineConfig({
  base: "./", // so that the build works under any path
  plugins: [secure(), offline()],
  define: { global: "globalThis" }, // tfjs asks for Node's
  // Found late they would load the page anew; the wasm of ONNX Runtime lies beside it.
  optimizeDeps: { include: RIVALS.map((name) => `@tilewright/rivals > ${name}`), exclude: ["onnxruntime-web"] },
  server: { headers },
  preview: { headers },
  worker: {
    format: "es",
    rolldownOptions: {
      external: nodeOnly,
      output: {
        chunkFileNames: ({ moduleIds }) => `assets/${moduleIds.some(isRival) ? RIVAL : ""}[name]-[hash].js`,
      },
    },
  },
  build: {
    target: "es2024",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rolldownOptions: { external: nodeOnly },
  },
});
