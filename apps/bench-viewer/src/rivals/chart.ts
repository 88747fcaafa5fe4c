// Only the parts of ECharts that this chart uses; loaded with the first race.
import type { Race } from "@tilewright/rivals";
import { ScatterChart, type ScatterSeriesOption } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Canvas, createCanvas, decade, ruler, SHAPES } from "../canvas.ts";
import { number } from "../format.ts";

use([ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

export type Ratios = Canvas<readonly Race[]>;

const ROW = 40;
const FRAME = 84; // legend above, axis below

/** A mark for each rival at each size: how many times as long as we it took. */
export const createRatios = (box: HTMLElement): Ratios =>
  createCanvas(box, (races, { color, text, tooltip }) => {
    box.style.height = `${FRAME + ROW * races.length}px`;
    const left = box.clientWidth < 480 ? 118 : 230;
    const rivals = [...new Set(races.flatMap(({ entries }) => entries.slice(1).map(({ name }) => name)))];
    const points = rivals.map((rival) =>
      races.flatMap(({ entries }, row) => {
        const ours = entries[0]?.ms;
        const entry = entries.find(({ name }) => name === rival);
        return ours && entry?.ms ? [{ ratio: entry.ms / ours, row, entry }] : [];
      }),
    );
    const ratios = [1, ...points.flat().map(({ ratio }) => ratio)];
    const series: ScatterSeriesOption[] = rivals.map((rival, i) => ({
      type: "scatter",
      name: rival,
      symbol: SHAPES[i % SHAPES.length]!,
      symbolSize: 13,
      itemStyle: { color: color(`series-${i}`) },
      data: points[i]!.map(({ ratio, row, entry }) => ({
        value: [ratio, row],
        name: entry.status,
        ...(entry.status === "wrong" && {
          itemStyle: { color: "transparent", borderColor: color(`series-${i}`), borderWidth: 2 },
        }),
      })),
    }));
    const level = ruler({ color, text }, { formatter: "Tilewright", position: "start" }, [{ xAxis: 1 }]);
    return {
      grid: { left: left + 8, right: 28, top: 36, bottom: 44 },
      legend: { top: 0, left: 0, textStyle: text, data: rivals, itemWidth: 12, itemHeight: 12, inactiveColor: color("line") },
      tooltip: {
        ...tooltip,
        formatter: ({ seriesName, name, value: [x, row] }: { seriesName: string; name: string; value: [number, number] }) =>
          `${seriesName}, ${name}\n${races[row]!.kernel} ${races[row]!.size}\n${number(x)} times our time`,
      },
      xAxis: {
        type: "log",
        min: decade(Math.min(...ratios), Math.floor),
        max: decade(1.1 * Math.max(...ratios), Math.ceil),
        axisLabel: { ...text, color: color("faint"), formatter: (x: number) => `${number(x)} ×`, hideOverlap: true },
        axisLine: { show: false },
        splitLine: { lineStyle: { color: color("line") } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: races.map(({ kernel, size }) => `${kernel}\n${size.replaceAll(",", ", ")}`),
        axisLabel: { ...text, interval: 0, width: left, overflow: "truncate", lineHeight: 14, fontSize: 11 },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: color("line") } },
        splitLine: { show: true, lineStyle: { color: color("line") } },
      },
      series: [...series, level],
    };
  });
