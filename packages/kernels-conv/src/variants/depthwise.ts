import { type Form, type Problem, wgsl } from "@tilewright/runtime";
import { finish, finishLanes, loadShared, passShared } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { filterSteps, lessZero, zeroAt } from "../text.ts";
import { split } from "../window.ts";

/** What a thread makes: so many columns (nchw: fours of a row, where rows are a multiple of 4), and at most so many rows of them. */
type Strip = { readonly cols: number; readonly rows: number };

const THREADS = 32;
/** Multiply-adds a turn may unroll into. */
const MOST = 64;

/** Groups are the filter's innermost dimension: of o and i only o is more than 1. */
const alongC = ({ filter }: Spec) => filter.replace("i", "") === "hwo";
const vecC = ({ last, vecC: fours }: Spec) => last && fours;
/** Four elements of y are a vec4: channels, or neighbours of a row. */
const fours = (spec: Spec) => vecC(spec) || spec.rowed !== undefined;
/** Columns in elements of a row. */
const across = ({ rowed }: Pick<Spec, "rowed">, { cols }: Strip) => (rowed === undefined ? cols : 4 * cols);

const threads = ({ spec, params: { batch, groups, yd, yh, yw } }: Pick<Problem<P, Spec>, "spec" | "params">, strip: Strip) =>
  batch * (groups / (vecC(spec) ? 4 : 1)) * yd * Math.ceil(yh / strip.rows) * Math.ceil(yw / across(spec, strip));

/**
 * Depthwise: a thread walks down a strip of neighbouring outputs of four channels (nchw: of fours of a row; of single ones where rows are no
 * multiple of 4), row of x by row of x. Each is loaded once and added to all rows of y that it lies under; the oldest of them is then finished.
 *
 *     x ┌──────┐ 6 vec4 a turn, for 4 outputs of a 3x3 kernel:      sums  ┌────┐ row t - 2: third of its kernel's rows, stored
 *       │row t │ 6 loads and 36 multiply-adds of vec4                     ├────┤ row t - 1: second
 *       └──↓───┘                                                          └────┘ row t:     first
 *
 * Before, a thread held 7 x 2 outputs at once, unrolled: 59 loads and stores for 14 of them instead of 161 for 56, twice the time on lavapipe,
 * and three to four times that to compile.
 */
export const depthwise: Form<P, Spec, Strip> = {
  tiles: [
    { cols: 4, rows: 16 },
    { cols: 2, rows: 16 },
    { cols: 1, rows: 16 },
    { cols: 4, rows: 4 },
    { cols: 2, rows: 4 },
    { cols: 1, rows: 4 },
  ],
  // Long strips, where there are threads enough nevertheless.
  prefer(problem, { software }) {
    const { spec, params } = problem;
    const [, kh, kw] = spec.kernel;
    const fit = depthwise.tiles.filter((strip) => {
      const wide = across(spec, strip);
      return kh * kw * strip.cols <= MOST && wide <= 8 && Math.ceil(params.yw / wide) * wide <= 1.25 * params.yw;
    });
    return fit.find((strip) => threads(problem, strip) >= (software ? 256 : 2 ** 16)) ?? fit.at(-1) ?? depthwise.tiles.at(-1);
  },
  needs: () => ({ invocations: THREADS }),
  // Tiny outputs do not repay its compilation.
  refuses({ spec }, { f16 }) {
    if (!spec.depthwise) return "its groups are not single channels";
    if (spec.empty) return "there is nothing to multiply; naive writes bias and residual";
    const [, kh, kw] = spec.kernel;
    if (kh * kw > MOST) return `it unrolls kernels of at most ${MOST} taps`;
    return spec.half && !f16 && !fours(spec)
      ? "without shader-f16 it stores f16 in fours only, of channels or of a row"
      : undefined;
  },
  lanes(spec) {
    const four = fours(spec);
    return { ...finishLanes({ ...spec, vecY: four }), x: four ? 4 : 1, w: vecC(spec) && alongC(spec) ? 4 : 1 };
  },
  workgroups: (problem, strip) => Math.ceil(threads(problem, strip) / THREADS),
  wgsl(spec, strip) {
    const channels = vecC(spec);
    const four = fours(spec);
    const E = four ? "vec4f" : "f32";
    const { last, flat, padded, rowed, kernel, strides, dilations, few } = spec;
    const { cols } = strip;
    const wide = across(spec, strip);
    // Rows of y that a row of x lies under at most.
    const ages = Math.floor(((kernel[1] - 1) * dilations[1]) / strides[1]) + 1;
    const list = (count: number, f: (i: number) => string, by = "\n  ") => Array.from({ length: count }, (_, i) => f(i)).join(by);
    const sums = (f: (age: number, col: number) => string) => list(ages, (age) => list(cols, (col) => f(age, col), " "));

    // Columns of x, from `left` on: where neighbours' taps lie, and the elements or vec4s that are loaded for them.
    const { columns, load, under } = rowsOfX(spec, wide);
    const { group, tap } = filterSteps(spec);
    const weight = (at: string) => {
      if (!channels) return `f32(load_w(${at} + unit * ${group}))`;
      if (alongC(spec)) return `vec4f(load_w(((${at}) >> 2u) + unit))`;
      return `vec4f(${list(4, (j) => `f32(load_w(${at} + (4u * unit + ${j}u) * ${group}))`, ", ")})`;
    };
    const deep = kernel[0] > 1;
    const weights = list(
      kernel[1] * kernel[2],
      (i) =>
        `let w${i} = ${E}(${weight(`(${deep ? `kd * ${kernel[1] * kernel[2]}u + ` : ""}${i}u) * ${tap}`)}${lessZero(spec, "zero")});`,
    );

    /** A row of x: the `j`th under the youngest row of y. */
    const row = (j: number) => {
      const meets = Array.from({ length: ages }, (_, age) => ({ age, kh: (age * strides[1] + j) / dilations[1] })).filter(
        ({ kh }) => Number.isInteger(kh) && kh < kernel[1],
      );
      if (meets.length === 0) return "";
      const z = deep || !flat ? `${padded ? "select(0u, z, in_y)" : "z"}` : "";
      const plane = z ? `(box * p.xd + ${z})` : "box";
      const line = `(${plane} * p.xh + ${padded ? "select(0u, y, in_y)" : "min(y, p.xh - 1u)"}) * p.xw`;
      return wgsl`{
      let y = top + ${j}u;
      ${padded ? `let in_y = ${z ? "z < p.xd && " : ""}y < p.xh;` : ""}
      let line = ${last ? `${line} * units + unit` : rowed === undefined ? line : `(${line}) >> 2u`};
      ${load}
      ${meets
        .map(({ age, kh }) =>
          list(
            cols,
            (c) => list(kernel[2], (k) => `s${age}_${c} = fma(${under(c, k)}, w${kh * kernel[2] + k}, s${age}_${c});`, " "),
            "\n      ",
          ),
        )
        .join("\n      ")}
    }`;
    };
    const planes = deep || !flat;
    return wgsl`
${finish({ ...spec, vecY: four }, four ? 4 : 1)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let units = p.groups${channels ? " / 4u" : ""};
  let across = (p.yw + ${wide - 1}u) / ${wide}u;
  // Strips are as long as each other.
  let down = (p.yh + ${strip.rows - 1}u) / ${strip.rows}u;
  let long = (p.yh + down - 1u) / down;
  ${last ? split(few, "unit", "units", "index", "places") : "let places = index;"}
  ${split(few, "column", "across", "places", "lines")}
  ${split(few, "line", "down", "lines", planes ? "planes" : "box")}
  ${planes ? split(few, "d", "p.yd", "planes", "box") : ""}
  if (box >= p.batch${last ? "" : " * units"}) { return; }
  ${last ? "" : "let unit = box % units;"}
  let v = column * ${wide}u;
  let first = line * long;
  let end = min(first + long, p.yh);
  let channel = ${channels ? "4u * unit" : "unit"};
  ${loadShared(spec, "channel", "_here")}
  ${spec.zeros === undefined ? "" : `let zero = ${channels ? `vec4f(${list(4, (j) => zeroAt(spec, `channel + ${j}u`), ", ")})` : zeroAt(spec, "channel")};`}
  let left = v * ${strides[2]}u - p.pw;
  ${columns}
  ${deep ? "" : weights}
  ${sums((age, c) => `var s${age}_${c} = ${E}();`)}
  for (var t = 0u; t < ${strip.rows + ages - 1}u; t++) {
    let h = first + t;
    if (h >= end + ${ages - 1}u) { break; }
    let top = h * ${strides[1]}u - p.ph;
    ${deep ? `for (var kd = 0u; kd < ${kernel[0]}u; kd++) {` : "{"}
    ${planes ? `let z = d * ${strides[0]}u + ${deep ? `kd * ${dilations[0]}u` : "0u"} - p.pd;` : ""}
    ${deep ? weights : ""}
    ${list(strides[1], row)}
    }
    if (t >= ${ages - 1}u) {
      let start = (${planes ? "(box * p.yd + d)" : "box"} * p.yh + h - ${ages - 1}u) * p.yw;
      ${list(
        cols,
        (c) => {
          const place = `v + ${c * (wide / cols)}u`;
          const at = last
            ? `(start + ${place}) * units + unit`
            : rowed === undefined
              ? `start + ${place}`
              : `(start + ${place}) >> 2u`;
          const store = `let at = ${at}; store_y(at, finish(s${ages - 1}_${c}, ${four ? "4u * at" : "at"}, channel${passShared(spec, "_here")}));`;
          return c > 0 ? `if (${place} < p.yw) { ${store} }` : `{ ${store} }`;
        },
        "\n      ",
      )}
    }
    ${list(
      ages,
      (i) => {
        const age = ages - 1 - i;
        return list(cols, (c) => `s${age}_${c} = ${age > 0 ? `s${age - 1}_${c}` : `${E}()`};`, " ");
      },
      "\n    ",
    )}
  }
}
`;
  },
};

/**
 * What is loaded of a row of x from `left` on, under `wide` neighbouring outputs.
 * @returns WGSL of where columns lie, of their loads from `line` on, and of what lies under a column of outputs at a tap
 */
function rowsOfX({ last, padded, rowed, kernel, strides, dilations, vecC }: Spec, wide: number) {
  const places = Array.from({ length: wide }, (_, out) =>
    Array.from({ length: kernel[2] }, (_, k) => out * strides[2] + k * dilations[2]),
  );
  // Rows of vec4 are read from a multiple of 4 that lies so far before the window.
  const shift = (4 - (rowed ?? 0)) % 4;
  const unit = (place: number) => (rowed === undefined ? place : 4 * ((place + shift) >> 2));
  const loads = [...new Set(places.flat().map(unit))].sort((a, b) => a - b);
  const columns = loads.map((place, n) => {
    const at = shift ? `left + ${place}u - ${shift}u` : `left + ${place}u`;
    const inX = padded ? `select(0u, ${at}, in${n})` : place > (kernel[2] - 1) * dilations[2] ? `min(${at}, p.xw - 1u)` : at;
    return `${padded ? `let in${n} = ${at} < p.xw; ` : ""}let c${n} = ${rowed !== undefined ? `(${inX}) >> 2u` : last ? `(${inX}) * units` : inX};`;
  });
  const zero = rowed !== undefined || (last && vecC) ? "vec4f()" : "0.0";
  const load = loads.map((_, n) => {
    const value = `load_x(line + c${n})`;
    return `let e${n} = ${padded ? `select(${zero}, ${value}, in_y && in${n})` : value};`;
  });
  const element = (place: number) => {
    const e = `e${loads.indexOf(unit(place))}`;
    return rowed === undefined ? e : `${e}[${(place + shift) & 3}]`;
  };
  return {
    columns: columns.join("\n  "),
    load: load.join(" "),
    under: (col: number, tap: number) =>
      rowed === undefined
        ? element(places[col]![tap]!)
        : `vec4f(${[0, 1, 2, 3].map((j) => element(places[4 * col + j]![tap]!)).join(", ")})`,
  };
}
