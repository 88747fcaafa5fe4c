import { useRef } from "preact/hooks";
import { start } from "./controls.tsx";

interface Props {
  /** On the button. */
  readonly text: string;
  /** What the file is. */
  readonly label: string;
  readonly disabled?: boolean;
  take(text: string): Promise<void>;
}

/** A button that asks for a JSON file. */
export function FileButton({ text, label, disabled = false, take }: Props) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" disabled={disabled} onClick={() => file.current?.click()}>
        {text}
      </button>
      <input
        ref={file}
        type="file"
        hidden
        accept="application/json,.json,.txt"
        aria-label={label}
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          event.currentTarget.value = ""; // so that the same file can be chosen again
          if (chosen) start(chosen.text().then(take));
        }}
      />
    </>
  );
}
