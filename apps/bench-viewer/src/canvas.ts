// What all charts have in common: colours from the style sheet, drawn anew when those or the box change.
import type { ScatterSeriesOption } from "echarts/charts";
import type { EChartsCoreOption } from "echarts/core";
import { init } from "echarts/core";

export interface Looks {
  /** A custom property of the style sheet. */
  color(name: string): string;
  readonly text: { readonly color: string; readonly fontFamily: string; readonly fontSize: number };
  readonly tooltip: object;
}

export interface Canvas<T> {
  show(what: T): void;
  destroy(): void;
}

type Marked = NonNullable<ScatterSeriesOption["markLine"]>;

/** A series without points: dashed lines that others are read against. */
export const ruler = (
  { color, text }: Pick<Looks, "color" | "text">,
  label: NonNullable<Marked["label"]>,
  data: NonNullable<Marked["data"]>,
): ScatterSeriesOption => ({
  type: "scatter",
  data: [],
  markLine: {
    silent: true,
    symbol: "none",
    animation: false,
    lineStyle: { color: color("roof"), type: "dashed", width: 1.5 },
    label: { ...text, color: color("roof"), ...label },
    data,
  },
});

/** A chart in a box, whose height `options` may set. The caller has told ECharts what it uses. */
export function createCanvas<T>(box: HTMLElement, options: (what: T, looks: Looks) => EChartsCoreOption): Canvas<T> {
  const chart = init(box, null, { renderer: "canvas" });
  let last: { what: T } | undefined;

  function draw(): void {
    if (!last) return;
    const color = (name: string) => getComputedStyle(box).getPropertyValue(`--${name}`).trim();
    const text = { color: color("text"), fontFamily: "system-ui, sans-serif", fontSize: 12 };
    const tooltip = {
      renderMode: "richText", // an HTML tooltip would need inline styles, which the page's policy refuses
      backgroundColor: color("card"),
      borderColor: color("line"),
      textStyle: text,
    };
    const made = options(last.what, { color, text, tooltip });
    chart.resize(); // the box's size may just have been set
    chart.setOption({ animation: false, textStyle: text, ...made }, { notMerge: true, lazyUpdate: true });
  }

  let width = box.clientWidth;
  const watcher = new ResizeObserver(() => {
    if (box.clientWidth === width) return chart.resize();
    width = box.clientWidth; // what is left for names depends on it
    draw();
  });
  watcher.observe(box);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", draw);
  return {
    show(what) {
      last = { what };
      draw();
    },
    destroy() {
      watcher.disconnect();
      dark.removeEventListener("change", draw);
      chart.dispose();
    },
  };
}

/** Marks differ in more than colour. */
export const SHAPES = ["circle", "diamond", "rect", "triangle", "roundRect", "pin"];

/** The power of ten at or below (above) a value. */
export const decade = (value: number, round: (x: number) => number): number => 10 ** round(Math.log10(value));
