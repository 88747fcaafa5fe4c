import { useEffect, useState } from "preact/hooks";
import type { Session } from "../session.ts";
import { AttentionMaps } from "./attention-maps.tsx";
import { createDesk, type Desk } from "./desk.ts";
import { Digit } from "./digit.tsx";
import type { TextModel } from "./protocol.ts";
import { Text } from "./text.tsx";

let kept: { readonly desk: Desk; about: TextModel | undefined } | undefined; // one a page: its models stay while other tabs are seen

/** Models on these kernels, at work. */
export function Models({ session }: { session: Session }) {
  const mine = (kept ??= { desk: createDesk(() => session.state.low), about: undefined });
  const { desk } = mine;
  const [, redraw] = useState(0);
  useEffect(() => {
    desk.onChange = () => {
      mine.about = undefined;
      redraw((n) => n + 1);
    };
  }, [desk]);
  const setAbout = (about: TextModel) => {
    mine.about = about;
    redraw((n) => n + 1);
  };
  return (
    <section class="card models" aria-labelledby="models-title">
      <header class="head">
        <h2 id="models-title">Models</h2>
      </header>
      {desk.lost ? (
        <div role="alert">
          <p class="bad">The models' device was lost: {desk.lost}</p>
          <button type="button" class="main" onClick={desk.restart}>
            Restart the models
          </button>
        </div>
      ) : (
        <>
          <Digit desk={desk} />
          <Text desk={desk} about={mine.about} setAbout={setAbout} />
          <AttentionMaps desk={desk} about={mine.about} />
        </>
      )}
    </section>
  );
}
