import { toText } from "@tilewright/testing";
import { render } from "preact";
import { App } from "./app.tsx";
import { createSession } from "./session.ts";

const session = createSession(new URLSearchParams(location.search).has("low"));
void session.open();
render(<App session={session} />, document.getElementById("app")!);

globalThis.tilewright = { run: session.run, tune: session.tuneOn, text: toText };
