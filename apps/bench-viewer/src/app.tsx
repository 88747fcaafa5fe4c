import { useEffect, useState } from "preact/hooks";
import { Adapter } from "./adapter.tsx";
import { addressOf, writeAddress } from "./address.ts";
import { Controls } from "./controls.tsx";
import { NoDevice } from "./no-device.tsx";
import { Parity } from "./parity.tsx";
import { Roofline } from "./roofline.tsx";
import { Runs } from "./runs.tsx";
import type { Session } from "./session.ts";
import { ShaderDialog } from "./shader.tsx";
import { Later, Panel, TabList, useTab } from "./tabs.tsx";
import { Throughput } from "./throughput.tsx";
import { Tune } from "./tune.tsx";

/** The filter stands in the address, so that a view can be passed on. */
function useFilter(): [string, (filter: string) => void] {
  const [filter, set] = useState(() => new URLSearchParams(location.search).get("filter") ?? "");
  return [
    filter,
    (text) => {
      set(text);
      writeAddress("filter", text);
    },
  ];
}

export function App({ session }: { session: Session }) {
  const [, redraw] = useState(0);
  useEffect(() => session.subscribe(() => redraw((n) => n + 1)), [session]);
  const [filter, setFilter] = useFilter();
  const [shader, setShader] = useState<string>();
  const [tab, openTab] = useTab();
  const { state } = session;
  return (
    <>
      <header class="top">
        <h1>
          <Mark /> Tilewright <span>bench-viewer</span>
        </h1>
        <p>Are these WebGPU kernels right and fast on your GPU? Everything is measured in this page; nothing leaves it.</p>
      </header>
      <main>
        {state.phase === "closed" && <NoDevice session={session} />}
        {state.phase === "opening" && !state.adapter && <p class="card faint">Asking for a GPU device …</p>}
        {state.adapter && state.caps && (
          <>
            <Adapter card={state.adapter} caps={state.caps} low={state.low} />
            <Controls session={session} filter={filter} setFilter={setFilter} openTab={openTab} />
            <TabList open={tab} choose={openTab} />
            <Panel tab={tab}>
              {tab === "parity" && <Parity session={session} filter={filter} showShader={setShader} />}
              {tab === "throughput" && <Throughput state={state} filter={filter} />}
              {tab === "throughput" && <Roofline state={state} filter={filter} />}
              {tab === "tune" && <Tune session={session} filter={filter} />}
              {tab === "inspect" && (
                <Later load={async () => (await import("./inspect/section.tsx")).Inspect} props={{ session }} />
              )}
              {tab === "rivals" && (
                <Later load={async () => (await import("./rivals/section.tsx")).Rivals} props={{ session, filter }} />
              )}
              {tab === "models" && <Later load={async () => (await import("./models/section.tsx")).Models} props={{ session }} />}
              {tab === "runs" && <Runs session={session} filter={filter} />}
            </Panel>
          </>
        )}
      </main>
      <p class="unseen" role="status">
        {state.news}
      </p>
      {shader && (
        <ShaderDialog
          session={session}
          path={shader}
          close={() => setShader(undefined)}
          inspect={() => {
            for (const [key, value] of Object.entries(addressOf(shader))) writeAddress(key, value);
            openTab("inspect");
          }}
        />
      )}
    </>
  );
}

const Mark = () => (
  <svg viewBox="0 0 16 16" aria-hidden="true">
    <path class="dark" d="M1 1h6v6H1zM9 9h6v6H9z" />
    <path class="pale" d="M9 1h6v6H9zM1 9h6v6H1z" />
  </svg>
);
