/// <reference types="vite/client" />
import { toText } from "@tilewright/testing";
import { render } from "preact";
import { App } from "./app.tsx";
import { createSession } from "./session.ts";

const session = createSession(new URLSearchParams(location.search).has("low"));
void session.open();
render(<App session={session} />, document.getElementById("app")!);

// The built page is kept for when there is no network; without a service worker it needs one, and that is all.
if (import.meta.env.PROD)
  addEventListener("load", () => navigator.serviceWorker?.register("./service-worker.js").catch(() => {}));

globalThis.tilewright = { run: session.run, tune: session.tuneOn, text: toText };
