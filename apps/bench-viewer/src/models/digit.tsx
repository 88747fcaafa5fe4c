import { useRef, useState } from "preact/hooks";
import { number } from "../format.ts";
import type { Desk } from "./desk.ts";
import origin from "./digits.origin.json" with { type: "json" };
import { SAMPLES, type Stroke } from "./ink.ts";
import { greatest, Heat } from "./maps.tsx";
import { Pad } from "./pad.tsx";
import type { FeatureMaps, ModelsAnswers } from "./protocol.ts";

type Read = ModelsAnswers["digit"];

const LAYERS: Readonly<Record<string, string>> = {
  conv1: "First convolution, relu",
  pool1: "Maxima of 2 × 2",
  conv2: "Second convolution, relu",
  pool2: "Maxima of 2 × 2",
};

/** A digit is drawn, the network reads it. */
export function Digit({ desk }: { desk: Desk }) {
  const [strokes, draw] = useState<readonly Stroke[]>(SAMPLES[5]!);
  const [read, setRead] = useState<Read>();
  const [problem, say] = useState("");
  const newest = useRef<Uint8Array>(undefined);
  const busy = useRef(false);

  /** One question at a time, about the newest drawing. */
  async function ask(ink: Uint8Array | undefined): Promise<void> {
    newest.current = ink;
    if (!ink) setRead(undefined);
    if (busy.current) return;
    busy.current = true;
    try {
      while (newest.current) {
        const next = newest.current;
        newest.current = undefined;
        setRead(await desk.ask({ about: "digit", ink: next }));
        say("");
      }
    } catch (error) {
      say((error as Error).message);
    } finally {
      busy.current = false;
    }
  }

  const {
    parameters,
    test: { right, of },
  } = origin;
  return (
    <section aria-labelledby="digit-title">
      <h3 id="digit-title" class="kernel">
        A digit
      </h3>
      <p class="faint">
        Draw one, or choose a sample. The network ({number(parameters, 6)} parameters) was trained by this repository's script on
        MNIST (Y. LeCun, C. Cortes, C. Burges); it read {((100 * right) / of).toFixed(2)} % of {number(of, 6)} test digits
        rightly.
      </p>
      <div class="digit">
        <Pad strokes={strokes} draw={draw} onInk={(ink) => void ask(ink)} />
        <Classes read={strokes.length ? read : undefined} problem={problem} />
      </div>
      {read && strokes.length > 0 && (
        <div class="features">
          {read.maps.map((maps) => (
            <Layer key={maps.name} maps={maps} />
          ))}
        </div>
      )}
    </section>
  );
}

function Classes({ read, problem }: { read: Read | undefined; problem: string }) {
  const best = read ? read.probabilities.indexOf(Math.max(...read.probabilities)) : -1;
  return (
    <div class="classes">
      <p role="status">
        {read ? (
          <>
            It reads <b id="digit-read">{best}</b>, {(100 * read.probabilities[best]!).toFixed(1)} %{" "}
            <span class="faint">in {number(read.ms, 2)} ms</span>
          </>
        ) : (
          <span class={problem ? "bad" : "faint"}>{problem || "…"}</span>
        )}
      </p>
      <ol start={0}>
        {Array.from({ length: 10 }, (_, digit) => {
          const share = read?.probabilities[digit] ?? 0;
          return (
            <li key={digit} class={digit === best ? "best" : ""}>
              <span>{digit}</span>
              <span class="bar" aria-hidden="true">
                <span class="filled" style={{ width: `${100 * share}%` }} />
              </span>
              <span class="num">{(100 * share).toFixed(1)} %</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Layer({ maps: { name, shape, data } }: { maps: FeatureMaps }) {
  const [channels = 0, rows = 0, cols = 0] = shape;
  const most = greatest(data);
  return (
    <figure>
      <figcaption>
        {LAYERS[name]}{" "}
        <span class="faint">
          {channels} of {rows} × {cols}
        </span>
      </figcaption>
      <div class={`heats of-${channels}`}>
        {Array.from({ length: channels }, (_, c) => (
          <Heat
            key={c}
            data={data}
            from={c * rows * cols}
            rows={rows}
            cols={cols}
            most={most}
            label={`${LAYERS[name]}, filter ${c + 1}`}
          />
        ))}
      </div>
    </figure>
  );
}
