import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { writeAddress } from "./address.ts";

export const TABS = {
  parity: "Parity",
  throughput: "Throughput",
  tune: "Tune",
  inspect: "Inspect",
  rivals: "Rivals",
  models: "Models",
  runs: "Runs",
} as const;
export type Tab = keyof typeof TABS;

const NAMES = Object.keys(TABS) as Tab[];

/** The open tab; it stands in the address. */
export function useTab(): [Tab, (tab: Tab) => void] {
  const [tab, set] = useState<Tab>(() => {
    const given = new URLSearchParams(location.search).get("tab");
    return NAMES.find((name) => name === given) ?? "parity";
  });
  return [
    tab,
    (next) => {
      set(next);
      writeAddress("tab", next === "parity" ? "" : next);
    },
  ];
}

/** One is in the order of the keyboard; arrows, Home and End go to the others. */
export function TabList({ open, choose }: { open: Tab; choose(tab: Tab): void }) {
  const onKeyDown = (event: KeyboardEvent) => {
    const at = NAMES.indexOf(open);
    const last = NAMES.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(NAMES[to]!);
    document.getElementById(`tab-${NAMES[to]}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="What to see" onKeyDown={onKeyDown}>
      {NAMES.map((name) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={name === open}
          aria-controls="panel"
          tabIndex={name === open ? 0 : -1}
          onClick={() => choose(name)}
        >
          {TABS[name]}
        </button>
      ))}
    </div>
  );
}

export const Panel = ({ tab, children }: { tab: Tab; children: ComponentChildren }) => (
  <div id="panel" class="panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
    {children}
  </div>
);

/** A section whose code is fetched when it is first opened. */
export function Later<P extends object>({ load, props }: { load(): Promise<ComponentType<P>>; props: P }) {
  const [Section, set] = useState<ComponentType<P>>();
  const [problem, say] = useState("");
  useEffect(() => {
    load().then(
      (loaded) => set(() => loaded),
      (error: Error) => say(error.message),
    );
  }, []);
  if (Section) return <Section {...props} />;
  return <p class={`card ${problem ? "bad" : "faint"}`}>{problem || "Loading …"}</p>;
}
