// A register tile where channels are first: rows are output channels, columns four neighbouring pixels of a row of y. For every row of the
// kernel and input channel the few pixels of x under its taps are loaded once, and each tap takes its four of them.
import { forSums, lines, type Tile, tail } from "@tilewright/kernels-matmul/text";
import { CAP, wgsl } from "@tilewright/runtime";
import { finish, loadShared, passShared, takeShared } from "./epilogue.ts";
import { missing, phaseOf, phases, phaseText } from "./phases.ts";
import type { Spec } from "./problem.ts";
import { channelStep, filterSteps, lessZero, overTaps, places, zeroAt } from "./text.ts";
import { entry, type How, named, oneWide, storeFour, vecFilter } from "./tile.ts";
import { phased } from "./tiling.ts";

/** Terms, at most four a matrix: matNx4 times a vector of N. */
const chunks = (count: number): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(count / 4) }, (_, i) => Array.from({ length: Math.min(4, count - 4 * i) }, (_, j) => 4 * i + j));
const vector = (values: readonly string[]) => (values.length === 1 ? values[0]! : `vec${values.length}f(${values.join(", ")})`);
const matrix = (columns: readonly string[]) =>
  columns.length === 1 ? columns[0]! : `mat${columns.length}x4f(${columns.join(", ")})`;

/** One turn: loads terms of x and of the filter's rows, and multiplies. */
interface Turn {
  readonly terms: number;
  /** Before the multiplication: loads of x. */
  readonly load: string;
  /** Four pixels of column c at a term. */
  pixels(c: number, term: number): string;
  /** Of the filter's loaded row i, the terms of a chunk. */
  weights(i: number, terms: readonly number[]): string;
}

/** `put(image, channel, pixel, last, sum, bias)`: finishes and stores four pixels, of which `last` more than one lie in the row. */
export const putChannels = (spec: Spec): string => wgsl`${finish(spec, 4)}
fn put(image: u32, channel: u32, pixel: u32, last: u32, sum: vec4f${takeShared(spec, "vec4f")}) {
  let at = y_at(image, channel, pixel);
  let v = finish(sum, at, channel${passShared(spec, "_here")});
  ${storeFour(spec, "last")}
}`;

/** The same of four pixels of a phase, which lie a stride apart in y. */
const putApart = (spec: Spec): string => wgsl`${finish(spec, 1)}
fn put(image: u32, channel: u32, pixel: u32, last: u32, sum: vec4f${takeShared(spec, "f32")}) {
  let at = y_at(image, channel, pixel);
  ${lines(
    4,
    (j) => wgsl`let at${j} = at + min(${j}u, last) * ${spec.strides[2]}u;
  let s${j} = ${j > 0 ? `select(s${j - 1}, sum[${j}], last >= ${j}u)` : "sum.x"};
  store_y(at${j}, finish(s${j}, at${j}, channel${passShared(spec, "_here")}));`,
    "\n  ",
  )}
}`;

export function channelsFirst(spec: Spec, tile: Tile, { threads, quad }: How): string {
  const { rows, cols4 } = tile;
  const [across, down] = threads;
  const apart = phased(spec);
  const phase = phaseOf(spec);
  const [kd, kh, kw] = apart ? phase.kernel : spec.kernel;
  const [stride, dilation] = [spec.strides[2], (apart ? phase : spec).dilations[2]];
  const step = filterSteps(spec);
  const plane = channelStep(spec);
  const loads = quad ? rows / 4 : rows;
  const masked = spec.padded || !spec.vecY || apart;
  const vecW = vecFilter(spec);
  // Where the taps of four neighbours fall, each place once.
  const under = (j: number, tap: number) => (spec.transposed ? tap * dilation - j : j * stride + tap * dilation);
  const spots = [...new Set([0, 1, 2, 3].flatMap((j) => Array.from({ length: kw }, (_, t) => under(j, t))))].sort(
    (a, b) => a - b,
  );
  const spot = (j: number, tap: number) => spots.indexOf(under(j, tap));
  const first = spot(0, 0);
  const all = (f: (c: number, e: number) => string) => lines(cols4, (c) => lines(spots.length, (e) => f(c, e), " "), "\n    ");
  const inX = (c: number, e: number, value: string) => (masked ? `select(0.0, ${value}, in${c}_${e})` : value);

  const multiply = ({ terms, load, pixels, weights }: Turn) => wgsl`${load}
    ${lines(
      loads,
      (i) =>
        chunks(terms)
          .map((chunk, n) => `let ${quad ? "q" : "a"}${i}_${n} = ${weights(i, chunk)};`)
          .join(" "),
      "\n    ",
    )}
    ${
      quad
        ? lines(
            rows,
            (r) =>
              chunks(terms)
                .map((_, n) => `let a${r}_${n} = quadBroadcast(q${r >> 2}_${n}, ${r & 3}u);`)
                .join(" "),
            "\n    ",
          )
        : ""
    }
    ${lines(
      cols4,
      (c) =>
        chunks(terms)
          .map((chunk, n) => `let b${c}_${n} = ${matrix(chunk.map((t) => pixels(c, t)))};`)
          .join(" "),
      "\n    ",
    )}
    ${forSums(
      tile,
      (r, c) =>
        `c${r}_${c} += ${chunks(terms)
          .map((_, n) => `b${c}_${n} * a${r}_${n}`)
          .join(" + ")};`,
    )}`;

  // The taps of a row at one channel.
  const lacks = (t: number) => apart && missing(spec, t);
  const row = (k: string): Turn => ({
    terms: kw,
    load: all((c, e) => `let e${c}_${e} = ${inX(c, e, `load_x(xs${c}_${e} + ${k} * ${plane})`)};`),
    pixels(c, t) {
      const four = `vec4f(${[0, 1, 2, 3].map((j) => `e${c}_${spot(j, t)}`).join(", ")})`;
      return lacks(t) ? `select(vec4f(), ${four}, has${t})` : four;
    },
    weights: (i, terms) =>
      vector(
        terms.map((t) => {
          const value = `f32(load_w(wb${i} + ${k} * ${step.i} + ${apart ? `tap${t}` : `${t}u`} * ${step.tap}))`;
          return lacks(t) ? `select(0.0, ${value}, has${t})` : value;
        }),
      ) + lessZero(spec, `zero${i}`),
  });
  // One tap at four channels.
  const fours: Turn = {
    terms: 4,
    load: spec.vecX
      ? ""
      : lines(
          4,
          (q) => all((c, e) => `let e${c}_${e}_${q} = ${inX(c, e, `load_x(xs${c}_${e} + (4u * k + ${q}u) * ${plane})`)};`),
          "\n    ",
        ),
    pixels(c, q) {
      if (!spec.vecX) return `vec4f(${[0, 1, 2, 3].map((j) => `e${c}_${spot(j, 0)}_${q}`).join(", ")})`;
      const value = `load_x((xs${c}_${first} + (4u * k + ${q}u) * ${plane}) >> 2u)`;
      return masked ? `select(vec4f(), ${value}, in${c}_${first})` : value;
    },
    weights: (i, terms) =>
      (vecW
        ? `vec4f(load_w((wb${i} >> 2u) + k))`
        : vector(terms.map((q) => `f32(load_w(wb${i} + (4u * k + ${q}u) * ${step.i}))`))) + lessZero(spec, `zero${i}`),
  };
  // One tap at one channel: x and w are scalars here, since input channels that are no multiple of 4 leave w no vec4.
  const last: Turn = {
    ...row("kk"),
    ...(spec.vecX && {
      load: "",
      pixels(c: number) {
        const value = `load_x((xs${c}_${first} + kk * ${plane}) >> 2u)`;
        return masked ? `select(vec4f(), ${value}, in${c}_${first})` : value;
      },
    }),
  };
  const single = oneWide(spec);

  return wgsl`
const ROWS = ${rows * down}u; // output channels of a workgroup
const COLUMNS = ${cols4 * across}u; // fours of pixels
${places(apart ? { ...spec, strides: [1, 1, 1] } : spec)}
${apart ? phaseText(spec) : ""}
${apart && spec.strides[2] > 1 ? putApart(spec) : putChannels(spec)}

${entry(threads, quad)}
  ${
    apart
      ? wgsl`let most = grid_of(vec3u());
  let across = (most.x * most.y * ((most.z + 3u) / 4u) + COLUMNS - 1u) / COLUMNS;`
      : wgsl`let in_row = (p.yw + 3u) / 4u;
  let count = p.yd * p.yh * in_row;
  let across = (count + COLUMNS - 1u) / COLUMNS;`
  }
  let down = (p.co + ROWS - 1u) / ROWS;
  let rest = index / (across * down);
  let group = rest % p.groups;
  let image = rest / p.groups${apart ? " % p.batch" : ""};
  ${
    apart
      ? wgsl`let number = rest / p.groups / p.batch;
  let phase = phase_at(number);
  let grid = grid_of(phase);
  let in_row = (grid.z + 3u) / 4u;
  let count = grid.x * grid.y * in_row;
  if (number >= ${phases(spec)}u || count == 0u) { return; }
  let first = first_taps(phase);
  ${lines(kw, (t) => `let tap${t} = min(first.z + ${t * phase.step[2]}u, ${spec.kernel[2] - 1}u);${lacks(t) ? ` let has${t} = first.z + ${t * phase.step[2]}u < ${spec.kernel[2]}u;` : ""}`, "\n  ")}`
      : "if (image >= p.batch) { return; }"
  }
  let row = index / across % down * ROWS + thread.y * ${rows}u;
  let col = index % across * COLUMNS + thread.x * ${cols4}u;
  // Where the windows of this thread's pixels begin, and the filters that it loads.
  ${quad ? "let lane = invocation & 3u;" : ""}
  ${named(cols4, "four", (c) => `min(col + ${c}u, count - 1u)`)}
  ${apart ? named(cols4, "q", (c) => `vec3u(four${c} / in_row / grid.y, four${c} / in_row % grid.y, four${c} % in_row * 4u)`) : ""}
  ${named(cols4, "corner", (c) => (apart ? `corner_of(q${c}, phase, first)` : `corner(four${c} / in_row * p.yw + four${c} % in_row * 4u)`))}
  ${named(loads, "wr", (i) => `group * ${step.group} + min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, p.co - 1u) * ${step.o}`)}
  ${spec.zeros === undefined ? "" : named(loads, "zero", (i) => zeroAt(spec, `group * p.co + min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, p.co - 1u)`))}
  ${forSums(tile, (r, c) => `var c${r}_${c} = vec4f();`)}
  ${overTaps(
    { kernel: [kd, kh, 1], dilations: apart ? phase.dilations : spec.dilations },
    wgsl`  ${all((c, e) => `let at${c}_${e} = under(corner${c}, offset + vec3u(0u, 0u, ${spots[e]! >>> 0}u));`)}
  ${masked ? all((c, e) => `let in${c}_${e} = inside(at${c}_${e});`) : ""}
  ${all((c, e) => {
    const at = `x_at(image, group, at${c}_${e})`;
    return `let xs${c}_${e} = ${masked ? `select(0u, ${at}, in${c}_${e})` : at};`;
  })}
  ${named(loads, "wb", (i) => `wr${i} + tap * ${spec.kernel[2]}u * ${step.tap}`)}
  ${single ? "let blocks = p.ci / 4u;" : ""}
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= ${single ? "blocks" : "p.ci"}) { break; }
    ${multiply(single ? fours : row("k"))}
  }
  ${single && spec.tail ? tail("", multiply(last), "", "p.ci") : ""}`,
    apart ? { kernel: [spec.kernel[0], spec.kernel[1], 1], step: phase.step, axes: 2 } : undefined,
  )}
  if (row >= p.co || col >= count) { return; }
  // What lies past the last filter, or the last four, is the last again, stored over it, and a filter's bias is loaded once: CPU drivers compile
  // branches, and every load and store, slowly.
  ${named(cols4, "pixel", (c) => (apart ? `place_of(q${c}, phase)` : `four${c} / in_row * p.yw + four${c} % in_row * 4u`))}
  ${named(cols4, "last", (c) => (apart ? `grid.z - 1u - q${c}.z` : `p.yw - 1u - four${c} % in_row * 4u`))}
  ${lines(
    rows,
    (r) => wgsl`let channel${r} = group * p.co + min(row + ${r}u, p.co - 1u); ${loadShared(spec, `channel${r}`, `${r}`)}
  ${lines(cols4, (c) => `put(image, channel${r}, pixel${c}, last${c}, c${r}_${c}${passShared(spec, `${r}`)});`, " ")}`,
    "\n  ",
  )}
}
`;
}
