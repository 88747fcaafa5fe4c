import { type Measurement, matches, type Roofs } from "@tilewright/testing";
import { ChartBox } from "./chart-box.tsx";
import type { Roofline as Chart } from "./roofline-chart.ts";
import type { State } from "./state.ts";

/** The kernels' own choices, where they calculate at all. */
export function Roofline({ state, filter }: { state: State; filter: string }) {
  const { roofs, measurements } = state;
  const list = [...measurements.values()].filter((m) => m.chosen && m.gflops > 0 && matches(m.path, filter));
  if (!roofs || list.length === 0) return null;
  return (
    <section class="card" aria-labelledby="roofline-title">
      <header class="head">
        <h2 id="roofline-title">Roofline</h2>
      </header>
      <p class="faint">
        What each size could reach here at most, by how much it calculates for each byte it must move, and what the kernel's own
        choice reached. Below the slope memory is what it waits for, below the level arithmetic.
      </p>
      <Picture list={list} roofs={roofs} />
    </section>
  );
}

const Picture = ({ list, roofs }: { list: readonly Measurement[]; roofs: Roofs }) => (
  <ChartBox<Chart>
    load={async (box) => (await import("./roofline-chart.ts")).createRoofline(box)}
    show={(chart) => chart.show({ list, roofs })}
    drawn={`${roofs.gflops} ${roofs.gbps} ${list.map(({ path, ms }) => `${path} ${ms}`).join()}`}
    label="Roofline of the chosen variants; the tables above have the numbers"
  />
);
