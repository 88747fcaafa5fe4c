// A thread's window over several neighbouring outputs: every element of x under it is loaded once and used by all outputs and taps that meet there.
// The text of depthwise convolutions and of pools.
import { wgsl } from "@tilewright/runtime";
import type { Taps } from "./geometry.ts";

/** Outputs of a thread: so many of a row, in so many rows. */
export type Outputs = { readonly cols: number; readonly rows: number };

export interface Window extends Taps {
  /** Channels are last. */
  readonly last: boolean;
  /** Some tap falls past an edge: there an element is `beyond`. */
  readonly padded: boolean;
  /** Type of an element: a channel, or four. */
  readonly E: string;
  /** WGSL of what lies past an edge. */
  readonly beyond: string;
}

/** A place that an element of x has in the window, and who meets there. */
interface Use {
  /** Name of the element. */
  readonly value: string;
  /** WGSL of where it lies: a vec3u. */
  readonly at: string;
  readonly row: number;
  readonly col: number;
  readonly kh: number;
  readonly kw: number;
}

/** Statements a window unrolls into: what a compiler has to bear. */
export const statements = ({ kernel: [, kh, kw] }: Taps, { cols, rows }: Outputs): number => kh * kw * cols * rows;

export const outputs = ({ cols, rows }: Outputs, f: (row: number, col: number) => string): string =>
  Array.from({ length: cols * rows }, (_, i) => f(Math.floor(i / cols), i % cols)).join("\n  ");

/** Each place that outputs and taps of one dimension meet at, with those that do. */
function meet(count: number, taps: number, stride: number, dilation: number) {
  const places = new Map<number, { out: number; tap: number }[]>();
  for (let out = 0; out < count; out++)
    for (let tap = 0; tap < taps; tap++) {
      const place = out * stride + tap * dilation;
      places.set(place, [...(places.get(place) ?? []), { out, tap }]);
    }
  return [...places].sort(([a], [b]) => a - b);
}

/** How many threads there are, in units of channels (`channels` of them). */
export const threadsOf = (
  { batch, yd, yh, yw }: Readonly<Record<"batch" | "yd" | "yh" | "yw", number>>,
  { cols, rows }: Outputs,
  channels: number,
): number => batch * channels * yd * Math.ceil(yh / rows) * Math.ceil(yw / cols);

/**
 * Finds a thread's outputs: its `image`, `unit` of channels, depth `d`, and first row `h` and column `v`; returns where there is none.
 * @param units WGSL of how many units of channels there are
 */
export const begin = ({ last }: Pick<Window, "last">, { cols, rows }: Outputs, units: string, threads: number): string => wgsl`
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let units = ${units};
  let across = (p.yw + ${cols - 1}u) / ${cols}u;
  let down = (p.yh + ${rows - 1}u) / ${rows}u;
  let box = across * down * p.yd;
  let unit = ${last ? "index % units" : "index / box % units"};
  let place = ${last ? "index / units % box" : "index % box"};
  let image = index / (units * box);
  if (image >= p.batch) { return; }
  let v = place % across * ${cols}u;
  let h = place / across % down * ${rows}u;
  let d = place / (across * down);`;

/** Where output (row, col) of the thread lies in y, in units; and whether it exists. */
export const output = ({ last }: Pick<Window, "last">, row: number, col: number) => {
  const pixel = `((d * p.yh + h + ${row}u) * p.yw + v + ${col}u)`;
  return {
    at: last
      ? `(image * p.yd * p.yh * p.yw + ${pixel}) * units + unit`
      : `(image * units + unit) * (p.yd * p.yh * p.yw) + ${pixel}`,
    exists: `h + ${row}u < p.yh && v + ${col}u < p.yw`,
  };
};

/**
 * Goes over the window, kernel depth by kernel depth and row by row of x.
 * @param depth statements at each kernel depth `kd`, before its elements
 */
export function over(
  { last, padded, E, kernel, strides, dilations, beyond }: Window,
  { cols, rows }: Outputs,
  use: (use: Use) => string,
  depth = "",
): string {
  const across = meet(cols, kernel[2], strides[2], dilations[2]);
  const down = meet(rows, kernel[1], strides[1], dilations[1]);
  const step = last ? " * units" : "";
  const line = (y: string) =>
    last
      ? `((image * p.xd + z) * p.xh + ${y}) * p.xw * units + unit`
      : `(((image * units + unit) * p.xd + z) * p.xh + ${y}) * p.xw`;
  const element = (n: number) => {
    const at = `line + x${n}${step}`;
    return padded ? `select(${beyond}, load_x(select(0u, ${at}, iny && in${n})), iny && in${n})` : `load_x(${at})`;
  };
  return wgsl`let start = vec3u(d * ${strides[0]}u, h * ${strides[1]}u, v * ${strides[2]}u) - vec3u(p.pd, p.ph, p.pw);
  ${across.map(([place], n) => `let x${n} = start.z + ${place}u;${padded ? ` let in${n} = x${n} < p.xw;` : ""}`).join("\n  ")}
  for (var kd = 0u; kd < ${kernel[0]}u; kd++) {
    let z = start.x + kd * ${dilations[0]}u;
    ${depth}
    ${down
      .map(
        ([place, inRow]) => wgsl`{
      let y = start.y + ${place}u;
      let line = ${line("y")};
      ${padded ? "let iny = z < p.xd && y < p.xh;" : ""}
      ${across
        .map(([, inCol], n) => {
          const uses = inRow.flatMap(({ out: row, tap: kh }) =>
            inCol.map(({ out: col, tap: kw }) => use({ value: `e${n}`, at: `vec3u(z, y, x${n})`, row, col, kh, kw })),
          );
          return `let e${n}: ${E} = ${element(n)};\n      ${uses.join(" ")}`;
        })
        .join("\n      ")}
    }`,
      )
      .join("\n    ")}
  }`;
}
