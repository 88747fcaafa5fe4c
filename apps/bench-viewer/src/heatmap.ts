// Only the parts of ECharts that the heat map uses; loaded with the first tuned size.
import { showTile } from "@tilewright/runtime";
import type { TunedSize } from "@tilewright/testing";
import { HeatmapChart } from "echarts/charts";
import { GridComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Canvas, createCanvas } from "./canvas.ts";
import { number, shorten } from "./format.ts";

use([HeatmapChart, GridComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

export type HeatMap = Canvas<readonly TunedSize[]>;

type Tried = TunedSize["tried"][number];

const ROW = 30;
const COLUMN = 104;
const HEAD = 52; // the sizes' names
const PALE = 4; // this many times slower than the best of its size and more looks alike

const MARKS: Readonly<Record<string, string>> = { wrong: "✗ wrong", failed: "✗ failed", untried: "no time" };
const nameOf = ({ variant, tile }: Tried) => `${variant} ${showTile(tile)}`;

/** Candidates by sizes: a cell has its milliseconds, and the stronger a colour the nearer it is to the best of its size. */
export const createHeatMap = (box: HTMLElement): HeatMap =>
  createCanvas(box, (last, { color, text, tooltip }) => {
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
    return {
      grid: { left: left + 8, right: 8, top: HEAD, bottom: 4 },
      tooltip: {
        ...tooltip,
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
    };
  });

function describe({ status, ms, reason, round }: Tried, best: number): string {
  if (ms === undefined) return reason ?? "there was no time to try it";
  const times = `${number(ms)} ms, ${number(ms / best)} × the best`;
  return `${times}\n${status === "slow" ? "dropped after one run" : status === "once" ? "run once: no time for more" : `timed in ${round} rounds`}`;
}
