import { useEffect, useRef, useState } from "preact/hooks";
import { number } from "../format.ts";
import type { Desk } from "./desk.ts";
import type { Files, TextModel, Written } from "./protocol.ts";

interface Props {
  readonly desk: Desk;
  readonly about: TextModel | undefined;
  setAbout(about: TextModel): void;
}

/** Text by a GPT from files, or by one of random weights. */
export function Text({ desk, about, setAbout }: Props) {
  const [prompt, setPrompt] = useState("The house of tiles");
  const [tokens, setTokens] = useState(64);
  const [temperature, setTemperature] = useState(0.8);
  const [topK, setTopK] = useState(40);
  const [text, setText] = useState("");
  const [written, setWritten] = useState<Written>();
  const [busy, setBusy] = useState(false);
  const [problem, say] = useState("");
  const seed = useRef(0);
  useEffect(() => {
    desk.onText = setText;
  }, [desk]);

  async function generate(): Promise<void> {
    setBusy(true);
    setText("");
    setWritten(undefined);
    say("");
    try {
      const how = { tokens, temperature, topK: topK || undefined, seed: seed.current++ };
      setWritten(await desk.ask({ about: "generate", prompt, how }));
    } catch (error) {
      say((error as Error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section aria-labelledby="text-title">
      <h3 id="text-title" class="kernel">
        A text
      </h3>
      <Choose desk={desk} about={about} setAbout={setAbout} say={say} busy={busy} />
      <form
        class="write"
        onSubmit={(event) => {
          event.preventDefault();
          void generate();
        }}
      >
        <label class="all">
          Prompt
          <textarea rows={2} value={prompt} onInput={(event) => setPrompt(event.currentTarget.value)} />
        </label>
        <NumberField label="Tokens" value={tokens} set={setTokens} min={1} />
        <NumberField label="Temperature" value={temperature} set={setTemperature} min={0} step={0.1} />
        <NumberField label="Of the best" value={topK} set={setTopK} min={0} />
        <span class="buttons">
          <button type="submit" class="main" disabled={busy || !about || prompt === ""}>
            Generate
          </button>
          <button type="button" disabled={!busy} onClick={desk.stop}>
            Stop writing
          </button>
        </span>
      </form>
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
      {(text || busy) && (
        <p class="written">
          <span class="faint">{prompt}</span>
          {text}
        </p>
      )}
      {written && written.tokens > 0 && <Speed {...written} />}
    </section>
  );
}

const Speed = ({ tokens, firstMs, restMs }: Written) => (
  <p role="status" id="speed">
    {tokens > 1 && (
      <>
        <b>{number(((tokens - 1) / restMs) * 1000)} tokens/s</b>,{" "}
      </>
    )}
    <span class="faint">
      {tokens} tokens, the first after {number(firstMs)} ms (what is new is compiled then)
    </span>
  </p>
);

interface FieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly step?: number;
  set(value: number): void;
}

const NumberField = ({ label, value, min, step = 1, set }: FieldProps) => (
  <label class="number">
    {label}
    <input
      type="number"
      min={min}
      step={step}
      value={value}
      onInput={({ currentTarget: { valueAsNumber } }) => valueAsNumber >= min && set(valueAsNumber)}
    />
  </label>
);

interface ChooseProps extends Props {
  say(problem: string): void;
  readonly busy: boolean;
}

/** Files are dropped or chosen; without any there is a model of random weights. */
function Choose({ desk, about, setAbout, say, busy }: ChooseProps) {
  const input = useRef<HTMLInputElement>(null);
  const [loading, setLoading] = useState(false);
  const [over, setOver] = useState(false);
  async function use(files: Files | undefined): Promise<void> {
    setLoading(true);
    say("");
    try {
      setAbout(await desk.ask({ about: "use", files }));
    } catch (error) {
      say((error as Error).message);
    } finally {
      setLoading(false);
    }
  }
  const take = (list: readonly File[]): void => {
    const named = (end: string) => list.find(({ name }) => name.endsWith(end));
    const [config, weights] = [named("config.json"), named(".safetensors")];
    if (config && weights) void use({ config, weights, vocabulary: named("vocab.json") });
    else say(`needed are config.json and model.safetensors; ${list.map(({ name }) => name).join(", ") || "nothing"} came`);
  };
  useEffect(() => {
    if (!about) void use(undefined);
  }, [about]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same
    <div
      class={`drop ${over ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <p>
        {about ? <About about={about} /> : <span class="faint">…</span>}
        {loading && <span class="faint"> Loading …</span>}
      </p>
      <span class="buttons">
        <button type="button" disabled={loading || busy} onClick={() => input.current?.click()}>
          Open a GPT-2
        </button>
        {about && !about.random && (
          <button type="button" disabled={loading || busy} onClick={() => void use(undefined)}>
            Back to random
          </button>
        )}
        <span class="faint">or drop config.json, model.safetensors and, if there is one, vocab.json here</span>
      </span>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept=".json,.safetensors"
        aria-label="Files of a GPT-2"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = ""; // so that the same files can be chosen again
          if (files.length > 0) take(files);
        }}
      />
    </div>
  );
}

const About = ({ about: { random, parameters, layers, heads, width, vocabulary, tokens } }: { about: TextModel }) => (
  <>
    {random ? (
      <b class="warn">Random weights, never trained: what it writes means nothing.</b>
    ) : (
      <b class="good">From your files.</b>
    )}{" "}
    GPT-2 of {number(parameters)} parameters: {layers} layers, {heads} heads, {width} wide, {number(vocabulary, 6)} tokens; text
    is read as {tokens}.
  </>
);
