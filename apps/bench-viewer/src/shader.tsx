import { useEffect, useRef, useState } from "preact/hooks";
import { start } from "./controls.tsx";
import type { Session } from "./session.ts";

/** Shader text, one block a dispatch, each with its copy button. */
export function Shaders({ code }: { code: readonly string[] }) {
  return (
    <>
      {code.map((text, i) => (
        <figure key={i} class="shader">
          <figcaption>
            <span>{code.length > 1 ? `Dispatch ${i + 1} of ${code.length}` : "WGSL"}</span>
            <Copy text={text} />
          </figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>{text}</pre>
        </figure>
      ))}
    </>
  );
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [said, say] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
    } catch {
      say("Not allowed");
    }
    setTimeout(() => say(""), 1500);
  };
  return (
    <button type="button" class="small" aria-live="polite" onClick={() => void copy()}>
      {said || label}
    </button>
  );
}

/** The whole shader of a case, as this device gets it. */
export function ShaderDialog({
  session,
  path,
  close,
  inspect,
}: {
  session: Session;
  path: string;
  close(): void;
  inspect(): void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [code, setCode] = useState<readonly string[]>();
  useEffect(() => {
    dialog.current?.showModal();
    start(session.ask({ about: "source", path }).then(setCode));
  }, [session, path]);
  return (
    <dialog ref={dialog} aria-labelledby="shader-title" onClose={close}>
      <header>
        <h2 id="shader-title">
          <code>{path}</code>
        </h2>
        <span class="buttons">
          <button
            type="button"
            onClick={() => {
              dialog.current?.close();
              inspect();
            }}
          >
            Inspect
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </span>
      </header>
      {code ? <Shaders code={code} /> : <p class="faint">…</p>}
    </dialog>
  );
}
