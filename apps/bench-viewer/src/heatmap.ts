// Only the parts of ECharts that the heat map uses; loaded with the first tuned size.
import { showTile } from "@tilewright/runtime";
import type { TunedSize } from "@tilewright/testing";
import { HeatmapChart } from "echarts/charts";
import { GridComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { number, shorten } from "./format.ts";

use([HeatmapChart, GridComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

export interface HeatMap {
  show(sizes: readonly TunedSize[]): void;
  destroy(): void;
}

type Tried = TunedSize["tried"][number];

const ROW = 30;
const COLUMN = 104;
const HEAD = 52; // the sizes' names
const PALE = 4; // this many times slower than the best of its size and more looks alike

const MARKS: Readonly<Record<string, string>> = { wrong: "✗ wrong", failed: "✗ failed", untried: "no time" };
const nameOf = ({ variant, tile }: Tried) => `${variant} ${showTile(tile)}`;

/** Candidates by sizes: a cell has its milliseconds, and the stronger a colour the nearer it is to the best of its size. */
export function createHeatMap(box: HTMLElement): HeatMap {
  const chart = init(box, null, { renderer: "canvas" });
  let last: readonly TunedSize[] = [];

  function draw(): void {
    const color = (name: string) => getComputedStyle(box).getPropertyValue(`--${name}`).trim();
    const text = { color: color("text"), fontFamily: "system-ui, sans-serif", fontSize: 12 };
    const seen = new Map(
      last.flatMap(({ tried }) => tried.filter((t) => t.status !== "pruned").map((t) => [nameOf(t), t.variant])),
    );
    const names = [...seen.keys()].sort((a, b) => (seen.get(a)! === seen.get(b)! ? 0 : seen.get(a)! < seen.get(b)! ? -1 : 1));
    const left = box.parentElement!.clientWidth < 480 ? 104 : 170;
    box.style.height = `${HEAD + ROW * names.length + 8}px`;
    box.style.minWidth = `${left + COLUMN * last.length}px`;
    const cells = last.flatMap(({ tried, entry }, column) => {
      const best = Math.min(...tried.flatMap(({ ms }) => ms ?? []));
      return tried
        .filter(({ status }) => status !== "pruned")
        .map((one) => {
          const { status, ms } = one;
          const heat = ms === undefined ? Math.log2(PALE) : Math.min(Math.log2(PALE), Math.log2(ms / best));
          const won = entry && nameOf(one) === `${entry.variant} ${showTile(entry.tile)}`;
          const coarse = status === "slow" || status === "once" ? "~" : "";
          return {
            value: [column, names.indexOf(nameOf(one)), heat],
            name: ms === undefined ? MARKS[status] : `${won ? "★ " : ""}${coarse}${number(ms)}`,
            label: {
              color: ms === undefined ? color("faint") : heat < 0.8 ? color("heat-best-text") : color("text"),
              fontWeight: won ? ("bold" as const) : ("normal" as const),
            },
            tip: `${nameOf(one)}\n${last[column]!.size}\n${describe(one, best)}`,
          };
        });
    });
    chart.resize(); // the box's size was just set
    chart.setOption(
      {
        animation: false,
        textStyle: text,
        grid: { left: left + 8, right: 8, top: HEAD, bottom: 4 },
        tooltip: {
          renderMode: "richText", // an HTML tooltip would need inline styles, which the page's policy refuses
          backgroundColor: color("card"),
          borderColor: color("line"),
          textStyle: text,
          formatter: ({ data }: { data: { tip: string } }) => data.tip,
        },
        visualMap: {
          show: false,
          min: 0,
          max: Math.log2(PALE),
          dimension: 2,
          inRange: { color: [color("heat-best"), color("heat-worst")] },
        },
        xAxis: {
          type: "category",
          position: "top",
          data: last.map(({ size }) => shorten(size)),
          axisLabel: { ...text, interval: 0, width: COLUMN - 6, overflow: "break", fontSize: 10.5, lineHeight: 13 },
          axisTick: { show: false },
          axisLine: { show: false },
        },
        yAxis: {
          type: "category",
          inverse: true,
          data: names,
          axisLabel: { ...text, interval: 0, width: left, overflow: "truncate", fontSize: 11 },
          axisTick: { show: false },
          axisLine: { show: false },
        },
        series: [
          {
            type: "heatmap",
            data: cells,
            label: { ...text, show: true, formatter: ({ name }: { name: string }) => name },
            itemStyle: { borderColor: color("card"), borderWidth: 2, borderRadius: 3 },
            emphasis: { itemStyle: { borderColor: color("text") } },
          },
        ],
      },
      { notMerge: true },
    );
  }

  const watcher = new ResizeObserver(() => chart.resize());
  watcher.observe(box);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", draw);
  return {
    show(sizes) {
      last = sizes;
      draw();
    },
    destroy() {
      watcher.disconnect();
      dark.removeEventListener("change", draw);
      chart.dispose();
    },
  };
}

function describe({ status, ms, reason, round }: Tried, best: number): string {
  if (ms === undefined) return reason ?? "there was no time to try it";
  const times = `${number(ms)} ms, ${number(ms / best)} × the best`;
  return `${times}\n${status === "slow" ? "dropped after one run" : status === "once" ? "run once: no time for more" : `timed in ${round} rounds`}`;
}
