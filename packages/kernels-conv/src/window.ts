// A pool's window over several neighbouring outputs: every element of x under it is loaded once and used by all outputs and taps that meet
// there. What is the same for all rows of the window stands before them, and nothing branches or loops that need not: a loop of one turn over
// the kernel's depth took SwiftShader twice the time (a 2x2 maximum 5.4 ms instead of 2.4).
import { wgsl } from "@tilewright/runtime";
import type { Taps } from "./geometry.ts";

/** A tile: what a thread makes, so many of a row, in so many rows. Each is one output, or four where four are a vec4. */
export type Outputs = { readonly cols: number; readonly rows: number };

/** What decides how x and y lie in a window's text. */
export interface Slid extends Taps {
  /** Channels are last. */
  readonly last: boolean;
  /** At most two spatial dimensions: depth is 1. */
  readonly flat: boolean;
  /** Some tap falls past an edge: there an element is `beyond`. */
  readonly padded: boolean;
  /** Channels first, and rows of x and of y are vec4: padding in front of a row, modulo 4. */
  readonly rowed: number | undefined;
  /** See `few` of geometry. */
  readonly few: boolean;
}

export interface Window extends Slid {
  /** Type of an element: one, or four channels. */
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

/** A thread's outputs one by one: of a row that is read in fours a tile has four times as many. */
export const single = ({ rowed }: Pick<Slid, "rowed">, { cols, rows }: Outputs): Outputs => ({
  cols: rowed === undefined ? cols : 4 * cols,
  rows,
});

/** Statements a window unrolls into: what a compiler has to bear. */
export const statements = (window: Pick<Slid, "kernel" | "rowed">, tile: Outputs): number => {
  const { cols, rows } = single(window, tile);
  return window.kernel[1] * window.kernel[2] * cols * rows;
};

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

/** `rest` = from / size, and `name` what is left over. */
export const split = (few: boolean, name: string, size: string, from: string, rest: string): string =>
  `let ${rest} = ${few ? `u32((f32(i32(${from})) + 0.5) / f32(i32(${size})))` : `${from} / ${size}`}; let ${name} = ${from} - ${rest} * ${size};`;

/**
 * Finds a thread's outputs: depth `d`, first row `h` and column `v` of the plane `box`, which is an image (channels last: then there is also
 * its `unit` of channels), or a unit of an image's channels; returns where there is none.
 * @param units WGSL of how many units of channels there are
 */
export const begin = (
  { last, flat, few }: Pick<Slid, "last" | "flat" | "few">,
  { cols, rows }: Outputs,
  units: string,
  threads: number,
): string => {
  const pixels = [
    split(few, "column", "across", last ? "places" : "index", "lines"),
    split(few, "line", "down", "lines", flat ? "box" : "planes"),
    flat ? "let d = 0u;" : split(few, "d", "p.yd", "planes", "box"),
  ].join("\n  ");
  return wgsl`
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let units = ${units};
  let across = (p.yw + ${cols - 1}u) / ${cols}u;
  let down = (p.yh + ${rows - 1}u) / ${rows}u;
  ${last ? `${split(few, "unit", "units", "index", "places")}\n  ` : ""}${pixels}
  if (box >= p.batch${last ? "" : " * units"}) { return; }
  let v = column * ${cols}u;
  let h = line * ${rows}u;`;
};

/**
 * Stores a thread's outputs. What lies past the last column or row is the last that exists again, stored where that is: nothing branches.
 * @param sums names of what each output has become, followed by row_column
 * @param put WGSL that stores output (row, col) of the tile at `at`, counted in what y is stored by; `v` and `h` are where it lies
 */
export function putAll(
  { last, flat, rowed }: Pick<Slid, "last" | "flat" | "rowed">,
  { cols, rows }: Outputs,
  sums: readonly string[],
  put: (row: number, col: number, at: string, place: { v: string; h: string }) => string,
): string {
  const fours = rowed === undefined ? 1 : 4;
  const names = (r: number, c: number) =>
    sums.flatMap((name) => Array.from({ length: fours }, (_, j) => `${name}${r}_${fours * c + j}`));
  /** Names v0 …, h0 …: where each is, and has_v1 …, has_h1 …: whether it exists. */
  const clamp = (name: string, count: number, step: number, limit: string) =>
    Array.from({ length: count }, (_, i) => {
      if (i === 0) return `let ${name}0 = ${name};`;
      const at = `${name} + ${i * step}u`;
      return `let has_${name}${i} = ${at} < ${limit}; let ${name}${i} = select(${name}${i - 1}, ${at}, has_${name}${i});`;
    }).join("\n  ");
  const again = (r: number, c: number, from: readonly string[], exists: string) =>
    names(r, c)
      .map((name, i) => `${name} = select(${from[i]}, ${name}, ${exists});`)
      .join(" ");
  const lines = Array.from(
    { length: rows },
    (_, r) => `let y${r} = (${flat ? "box" : "(box * p.yd + d)"} * p.yh + h${r}) * p.yw;`,
  );
  return wgsl`${clamp("v", cols, fours, "p.yw")}
  ${clamp("h", rows, 1, "p.yh")}
  ${lines.join("\n  ")}
  ${outputs({ cols, rows }, (r, c) => {
    const at = last ? `(y${r} + v${c}) * units + unit` : fours === 4 ? `(y${r} + v${c}) >> 2u` : `y${r} + v${c}`;
    return [
      c > 0 ? again(r, c, names(r, c - 1), `has_v${c}`) : "",
      r > 0 ? again(r, c, names(r - 1, c), `has_h${r}`) : "",
      put(r, c, at, { v: `v${c}`, h: `h${r}` }),
    ].join(" ");
  })}`;
}

/**
 * Goes over the window, kernel depth by kernel depth and row by row of x.
 * @param depth statements at each kernel depth `kd`, before its elements
 */
export function over(window: Window, tile: Outputs, use: (use: Use) => string, depth = ""): string {
  const { last, flat, padded, E, kernel, strides, dilations, beyond, rowed } = window;
  const { cols, rows } = single(window, tile);
  const across = meet(cols, kernel[2], strides[2], dilations[2]);
  const down = meet(rows, kernel[1], strides[1], dilations[1]);
  // Rows of vec4 are read from a multiple of 4 that lies so far before the window.
  const shift = (4 - (rowed ?? 0)) % 4;
  const four = (place: number) => (place + shift) >> 2;
  const loads = [...new Set(across.map(([place]) => (rowed === undefined ? place : 4 * four(place))))];
  const value = (place: number) =>
    rowed === undefined ? `q${loads.indexOf(place)}` : `q${loads.indexOf(4 * four(place))}[${(place + shift) & 3}]`;
  // Nothing is read past an edge: what lies in the padding is `beyond`; without padding only outputs that do not exist reach there.
  const inside = (at: string, place: number, axis: 1 | 2, exists: string, size: string) => {
    if (padded) return `select(0u, ${at}, ${exists})`;
    return place > (kernel[axis] - 1) * dilations[axis] ? `min(${at}, ${size} - 1u)` : at;
  };
  const columns = loads.map((place, n) => {
    const at = shift ? `start.z + ${place}u - ${shift}u` : `start.z + ${place}u`;
    const exists = padded ? `let in${n} = ${at} < p.xw; ` : "";
    const column = inside(at, place, 2, `in${n}`, "p.xw");
    return `${exists}let c${n} = ${rowed !== undefined ? `(${column}) >> 2u` : last ? `(${column}) * units` : column};`;
  });
  const load = (n: number) => {
    const q = `load_x(line + c${n})`;
    return padded ? `select(beyond, ${q}, iny && in${n})` : q;
  };
  return wgsl`let start = vec3u(d * ${strides[0]}u, h * ${strides[1]}u, v * ${strides[2]}u) - vec3u(p.pd, p.ph, p.pw);
  ${columns.join("\n  ")}
  ${padded ? `let beyond = ${rowed === undefined ? beyond : `vec4(${beyond})`};` : ""}
  ${kernel[0] === 1 ? "{ let kd = 0u;" : `for (var kd = 0u; kd < ${kernel[0]}u; kd++) {`}
    let z = start.x${kernel[0] === 1 ? "" : ` + kd * ${dilations[0]}u`};
    ${depth}
    ${down
      .map(([place, inRow]) => {
        const y = inside("y", place, 1, "iny", "p.xh");
        const z = padded ? "select(0u, z, iny)" : "z";
        const line = `(${flat ? "box" : `(box * p.xd + ${z})`} * p.xh + ${y}) * p.xw`;
        return wgsl`{
      let y = start.y + ${place}u;
      ${padded ? `let iny = ${flat ? "" : "z < p.xd && "}y < p.xh;` : ""}
      let line = ${last ? `${line} * units + unit` : rowed === undefined ? line : `(${line}) >> 2u`};
      ${loads.map((_, n) => `let q${n} = ${load(n)};`).join(" ")}
      ${across
        .map(([place, inCol], n) => {
          const at = `vec3u(z, y, start.z + ${place}u)`;
          const uses = inRow.flatMap(({ out: row, tap: kh }) =>
            inCol.map(({ out: col, tap: kw }) => use({ value: `e${n}`, at, row, col, kh, kw })),
          );
          return `let e${n}: ${E} = ${value(place)}; ${uses.join(" ")}`;
        })
        .join("\n      ")}
    }`;
      })
      .join("\n    ")}
  }`;
}
