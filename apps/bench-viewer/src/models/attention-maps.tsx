import { useEffect, useState } from "preact/hooks";
import type { Desk } from "./desk.ts";
import { Heat } from "./maps.tsx";
import type { Attention, TextModel } from "./protocol.ts";

/** What each token looks at, by layer and head. */
export function AttentionMaps({ desk, about }: { desk: Desk; about: TextModel | undefined }) {
  const [text, setText] = useState("to be or not to be");
  const [seen, setSeen] = useState<Attention>();
  const [problem, say] = useState("");
  const [layer, setLayer] = useState(0);
  const [head, setHead] = useState(0);
  const [row, setRow] = useState<number>();
  useEffect(() => {
    let current = true;
    const wait = setTimeout(async () => {
      if (!about || text === "") return;
      try {
        const found = await desk.ask({ about: "attention", text });
        if (!current) return;
        setSeen(found);
        say("");
      } catch (error) {
        if (current) say((error as Error).message);
      }
    }, 250);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [desk, about, text]);
  const at = Math.min(layer, (seen?.layers.length ?? 1) - 1);
  const count = seen?.tokens.length ?? 0;
  const data = seen?.layers[at];
  const of = Math.min(head, (seen?.heads ?? 1) - 1);
  const from = Math.min(row ?? count - 1, count - 1);
  return (
    <section aria-labelledby="attention-title">
      <h3 id="attention-title" class="kernel">
        Its attention
      </h3>
      <p class="faint">
        A row for each token, stronger where it looks: at itself and at those before it. Choose a head and a token to see them in
        the text.
      </p>
      <div class="write">
        <label class="all">
          Text
          <input type="text" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        {seen && seen.layers.length > 1 && <Pick label="Layer" count={seen.layers.length} chosen={at} choose={setLayer} />}
        {seen && <Pick label="Head" count={seen.heads} chosen={of} choose={setHead} />}
      </div>
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
      {seen && data && (
        <>
          <div class="heats heads">
            {Array.from({ length: seen.heads }, (_, h) => (
              <figure key={h} class={h === of ? "chosen" : ""}>
                <figcaption>Head {h + 1}</figcaption>
                <Heat
                  data={data}
                  from={h * count * count}
                  rows={count}
                  cols={count}
                  most={1}
                  label={`Attention of head ${h + 1} in layer ${at + 1}; the line below has the numbers of a row`}
                  onPoint={(r) => {
                    setHead(h);
                    setRow(r);
                  }}
                />
              </figure>
            ))}
          </div>
          <Line
            tokens={seen.tokens}
            weights={data.subarray((of * count + from) * count, (of * count + from + 1) * count)}
            from={from}
            choose={setRow}
          />
        </>
      )}
    </section>
  );
}

interface PickProps {
  readonly label: string;
  readonly count: number;
  readonly chosen: number;
  choose(index: number): void;
}

const Pick = ({ label, count, chosen, choose }: PickProps) => (
  <label class="number">
    {label}
    <select value={chosen} onChange={(event) => choose(Number(event.currentTarget.value))}>
      {Array.from({ length: count }, (_, i) => (
        <option key={i} value={i}>
          {i + 1}
        </option>
      ))}
    </select>
  </label>
);

interface LineProps {
  readonly tokens: readonly string[];
  readonly weights: Float32Array;
  readonly from: number;
  choose(row: number): void;
}

/** The text, each token as strong as the chosen one looks at it. */
const Line = ({ tokens, weights, from, choose }: LineProps) => (
  <fieldset class="line" aria-label="Tokens: choose one to see what it looks at">
    {tokens.map((token, i) => (
      <button
        key={i}
        type="button"
        aria-pressed={i === from}
        title={`${(100 * (weights[i] ?? 0)).toFixed(1)} %`}
        aria-label={`${JSON.stringify(token)}, ${(100 * (weights[i] ?? 0)).toFixed(0)} %`}
        style={{ backgroundColor: `color-mix(in srgb, var(--accent) ${Math.round(100 * (weights[i] ?? 0))}%, transparent)` }}
        onClick={() => choose(i)}
      >
        {token.replaceAll(" ", "␣").replaceAll("\n", "⏎")}
      </button>
    ))}
  </fieldset>
);
