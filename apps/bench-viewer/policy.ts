// What the page may do, for its own head and for servers' headers: workers go by the latter.

/** Nothing leaves the page's own origin. Rivals are WebAssembly. Vite's dev server needs its socket and inline styles. */
export const policy = (dev = false): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval'${dev ? " 'unsafe-inline'" : ""}`,
    "worker-src 'self'",
    `style-src 'self'${dev ? " 'unsafe-inline'" : ""}`,
    "img-src 'self' data:",
    `connect-src 'self'${dev ? " ws:" : ""}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
