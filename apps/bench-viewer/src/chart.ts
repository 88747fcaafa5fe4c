// Only the parts of ECharts that this chart uses; loaded with the first measurement.
import type { Measurement } from "@tilewright/testing";
import { ScatterChart, type ScatterSeriesOption } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Canvas, createCanvas, decade, ruler, SHAPES } from "./canvas.ts";
import { number, shorten } from "./format.ts";

use([ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

export type Metric = "gflops" | "gbps";
export type Chart = Canvas<{ readonly list: readonly Measurement[]; readonly roof: number }>;

const ROW = 46;
const FRAME = 80; // legend above, axis below

/** Points on a logarithmic scale: variants and sizes differ by orders of magnitude, and equal ratios are equal distances. */
export const createChart = (box: HTMLElement, metric: Metric, unit: string): Chart =>
  createCanvas(box, ({ list, roof }, { color, text, tooltip }) => {
    const sizes = [...new Set(list.map(({ size }) => size))];
    const variants = [...new Set(list.map(({ variant }) => variant))];
    box.style.height = `${FRAME + ROW * sizes.length}px`;
    const left = box.clientWidth < 480 ? 104 : 160; // for the sizes' names
    const values = [...list.map((m) => m[metric]), roof].filter((value) => value > 0);
    const series: ScatterSeriesOption[] = variants.map((variant, v) => ({
      type: "scatter",
      name: variant,
      symbol: SHAPES[v % SHAPES.length]!,
      itemStyle: { color: color(`series-${v % SHAPES.length}`), opacity: 0.9 },
      data: list
        .filter((m) => m.variant === variant && m[metric] > 0)
        .map((m) => ({ value: [m[metric], sizes.indexOf(m.size)], symbolSize: m.chosen ? 15 : 10, name: m.tile })),
    }));
    const line = ruler({ color, text }, { formatter: `roof ${number(roof)}`, position: "start" }, [{ xAxis: roof }]);
    return {
      grid: { left: left + 8, right: 28, top: 52, bottom: 28 },
      legend: { top: 0, left: 0, textStyle: text, data: variants, itemWidth: 12, itemHeight: 12, inactiveColor: color("line") },
      tooltip: {
        ...tooltip,
        formatter: ({ seriesName, name, value }: { seriesName: string; name: string; value: [number, number] }) =>
          `${seriesName} ${name}\n${sizes[value[1]]}\n${number(value[0])} ${unit}, ${number((100 * value[0]) / roof)} % of the roof`,
      },
      xAxis: {
        type: "log",
        min: decade(Math.min(...values), Math.floor),
        max: decade(Math.max(...values), Math.ceil),
        axisLabel: { ...text, color: color("faint"), formatter: (value: number) => number(value), hideOverlap: true },
        axisLine: { show: false },
        splitLine: { lineStyle: { color: color("line") } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: sizes.map(shorten),
        axisLabel: { ...text, interval: 0, width: left, overflow: "break", lineHeight: 14, fontSize: 11 },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: color("line") } },
        splitLine: { show: true, lineStyle: { color: color("line") } },
      },
      series: [...series, line],
    };
  });
