import { type Measurement, matches } from "@tilewright/testing";
import type { Chart, Metric } from "./chart.ts";
import { ChartBox } from "./chart-box.tsx";
import { number } from "./format.ts";
import { Path } from "./path.tsx";
import type { State } from "./state.ts";

export function Throughput({ state, filter }: { state: State; filter: string }) {
  const shown = [...state.measurements.values()].filter(({ path }) => matches(path, filter));
  const { roofs, running } = state;
  const leftOut = state.leftOut.filter(({ path }) => matches(path, filter));
  const failures = state.failures.filter(({ path }) => matches(path, filter));
  return (
    <section class="card" aria-labelledby="throughput-title">
      <header class="head">
        <h2 id="throughput-title">Throughput</h2>
        {roofs && (
          <p class="counts">
            <span class="faint">measured roofs: </span>
            <b>{number(roofs.gflops)} GFLOP/s</b> multiply-add{roofs.gflops16 && ` (${number(roofs.gflops16)} in f16)`},{" "}
            <b>{number(roofs.gbps)} GB/s</b> copy
            {Number.isFinite(state.replayUs) && (
              <span class="faint">; a replayed dispatch costs {number(state.replayUs)} µs of JavaScript</span>
            )}
          </p>
        )}
      </header>
      <p class="faint">
        Medians of interleaved runs, against ceilings measured on this adapter just before. The roof of a row is the nearer of the
        two.
      </p>
      {failures.map(({ path, reason }) => (
        <article key={path} class="failure">
          <h3>
            <span class="bad">✗</span> <Path text={path} />
          </h3>
          <p class="reason">{reason}</p>
        </article>
      ))}
      {leftOut.length > 0 && (
        <ul class="notes" aria-label="Left out">
          {leftOut.map(({ path, reason }) => (
            <li key={path}>
              left out: <Path text={path} />, {reason}
            </li>
          ))}
        </ul>
      )}
      {shown.length === 0 && (
        <p class="empty">
          {running?.what === "throughput"
            ? "Measuring …"
            : state.measurements.size > 0
              ? "No measurement matches this filter."
              : roofs
                ? "No size of the benchmark matches this filter. Sizes are fewer and larger than the parity cases: try m=512."
                : "Run throughput to time every variant at every size that matches the filter."}
        </p>
      )}
      {[...Map.groupBy(shown, ({ kernel }) => kernel)].map(([kernel, list]) => (
        <Kernel key={kernel} kernel={kernel} list={list} state={state} />
      ))}
    </section>
  );
}

function Kernel({ kernel, list, state }: { kernel: string; list: readonly Measurement[]; state: State }) {
  const { roofs } = state;
  return (
    <section aria-label={`Throughput of ${kernel}`}>
      <h3 class="kernel">{kernel}</h3>
      {roofs && (
        <div class="charts">
          <Figure metric="gflops" unit="GFLOP/s" list={list} roof={roofs.gflops} />
          <Figure metric="gbps" unit="GB/s" list={list} roof={roofs.gbps} />
        </div>
      )}
      <SizeTable kernel={kernel} list={list} />
    </section>
  );
}

interface FigureProps {
  readonly metric: Metric;
  readonly unit: string;
  readonly list: readonly Measurement[];
  readonly roof: number;
}

/** A chart; its library arrives with the first measurement. */
const Figure = ({ metric, unit, list, roof }: FigureProps) => (
  <figure>
    <figcaption>
      {unit} by size <span class="faint">logarithmic; larger mark: the one that would be chosen</span>
    </figcaption>
    <ChartBox<Chart>
      load={async (box) => (await import("./chart.ts")).createChart(box, metric, unit)}
      show={(chart) => chart.show({ list, roof })}
      drawn={`${roof} ${list.map(({ path, ms, chosen }) => `${path} ${ms} ${chosen}`).join()}`}
      label={`${unit} of each variant by size; the table below has the numbers`}
    />
  </figure>
);

const HEADS = ["Size", "Variant", "ms", "Spread", "GFLOP/s", "GB/s", "% of roof", "Compile ms", "First ms"];

function SizeTable({ kernel, list }: { kernel: string; list: readonly Measurement[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section class="scroll" aria-label={`Measurements of ${kernel}`} tabIndex={0}>
      <table class="sizes">
        <thead>
          <tr>
            {HEADS.map((head, i) => (
              <th key={head} scope="col" class={i > 1 ? "num" : ""}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        {[...Map.groupBy(list, ({ size }) => size)].map(([size, all]) => (
          <Size key={size} size={size} all={[...all].sort((a, b) => a.ms - b.ms)} />
        ))}
      </table>
    </section>
  );
}

/** The variants at one size, fastest first. */
const Size = ({ size, all }: { size: string; all: readonly Measurement[] }) => (
  <tbody>
    {all.map((m, i) => (
      <tr key={m.path} class={i === 0 ? "best" : ""}>
        {i === 0 && (
          <th scope="rowgroup" rowSpan={all.length}>
            <Path text={size} />
          </th>
        )}
        <td>
          <span class="name">{m.variant}</span> <span class="faint">{m.tile}</span> {m.chosen && <span class="chip">chosen</span>}
          {!m.checked && <span class="faint"> not checked</span>}
        </td>
        <td class="num">{number(m.ms)}</td>
        <td class="num faint">{(100 * m.spread).toFixed(0)} %</td>
        <td class="num">{number(m.gflops)}</td>
        <td class="num">{number(m.gbps)}</td>
        <td class="num">{m.roof.toFixed(m.roof < 10 ? 1 : 0)}</td>
        <td class="num faint">{m.cold ? number(m.compileMs) : "warm"}</td>
        <td class="num faint">{number(m.firstMs)}</td>
      </tr>
    ))}
  </tbody>
);
