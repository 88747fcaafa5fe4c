// Only the parts of ECharts that the roofline uses; loaded with the first measurement.
import type { Measurement, Roofs } from "@tilewright/testing";
import { ScatterChart, type ScatterSeriesOption } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Canvas, createCanvas, decade, ruler, SHAPES } from "./canvas.ts";
import { number } from "./format.ts";

use([ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

export type Roofline = Canvas<{ readonly list: readonly Measurement[]; readonly roofs: Roofs }>;

const HEIGHT = 380;

/** Operations a byte of traffic against operations a second: Williams, Waterman and Patterson 2009, doi:10.1145/1498765.1498785. */
export const createRoofline = (box: HTMLElement): Roofline =>
  createCanvas(box, ({ list, roofs: { gflops, gflops16, gbps } }, { color, text, tooltip }) => {
    box.style.height = `${HEIGHT}px`;
    const ridge = gflops / gbps;
    const intensity = ({ flops, bytes }: Measurement) => flops / bytes;
    const xs = [...list.map(intensity), ridge, (gflops16 ?? 0) / gbps].filter((x) => x > 0);
    const ys = [...list.map((m) => m.gflops), gflops];
    const [x0, x1] = [decade(Math.min(...xs), Math.floor), decade(2 * Math.max(...xs), Math.ceil)];
    const top = Math.max(gflops, gflops16 ?? 0);
    const [y0, y1] = [decade(Math.min(...ys), Math.floor), decade(1.2 * top, Math.ceil)];
    const kernels = [...new Set(list.map(({ kernel }) => kernel))];
    const series: ScatterSeriesOption[] = kernels.map((kernel, i) => ({
      type: "scatter",
      name: kernel,
      symbol: SHAPES[i % SHAPES.length]!,
      symbolSize: 12,
      itemStyle: { color: color(`series-${i % SHAPES.length}`), opacity: 0.85 },
      data: list
        .filter((m) => m.kernel === kernel)
        .map((m) => ({ value: [intensity(m), m.gflops], name: `${m.size}\n${m.variant} ${m.tile}` })),
    }));
    // Where the slope would begin below the picture it begins at its edge.
    const foot = Math.max(x0, y0 / gbps);
    const level = (most: number, dtype: string) =>
      [{ coord: [most / gbps, most], name: `${number(most)} GFLOP/s multiply-add in ${dtype}` }, { coord: [x1, most] }] as [
        { coord: [number, number]; name: string },
        { coord: [number, number] },
      ];
    const line = ruler({ color, text }, { position: "insideEndTop" }, [
      [{ coord: [foot, foot * gbps], name: `${number(gbps)} GB/s copy` }, { coord: [top / gbps, top] }],
      level(gflops, "f32"),
      ...(gflops16 ? [level(gflops16, "f16")] : []),
    ]);
    const axis = (name: string, min: number, max: number) => ({
      ...{ type: "log", min, max, name, nameLocation: "middle", nameTextStyle: { ...text, color: color("faint") } },
      axisLabel: { ...text, color: color("faint"), formatter: (value: number) => number(value), hideOverlap: true },
      axisLine: { show: false },
      splitLine: { lineStyle: { color: color("line") } },
    });
    return {
      grid: { left: 64, right: 24, top: 40, bottom: 48 },
      legend: { type: "plain", top: 0, left: 0, textStyle: text, data: kernels, itemWidth: 12, itemHeight: 12 },
      tooltip: {
        ...tooltip,
        formatter: ({ seriesName, name, value: [x, y] }: { seriesName: string; name: string; value: [number, number] }) => {
          const roof = Math.min(gflops, gbps * x);
          return `${seriesName} ${name}\n${number(x)} FLOP a byte, ${number(y)} GFLOP/s\n${number((100 * y) / roof)} % of the roof above it`;
        },
      },
      xAxis: { ...axis("FLOP a byte", x0, x1), nameGap: 28 },
      yAxis: { ...axis("GFLOP/s", y0, y1), nameGap: 44 },
      series: [...series, line],
    };
  });
