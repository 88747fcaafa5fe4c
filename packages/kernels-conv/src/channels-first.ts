// A register tile where channels are first: rows are output channels, columns four neighbouring pixels of a row of y. For every row of the
// kernel and input channel the few pixels of x under its taps are loaded once, and each tap takes its four of them.
import { forSums, lines, type Tile, tail } from "@tilewright/kernels-matmul/text";
import { CAP, wgsl } from "@tilewright/runtime";
import { finish, loadShared, passShared, takeShared } from "./epilogue.ts";
import type { Spec } from "./problem.ts";
import { channelStep, filterSteps, lessZero, overTaps, places, zeroAt } from "./text.ts";
import { entry, type How, named, storeFour, vecFilter } from "./tile.ts";

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

export function channelsFirst(spec: Spec, tile: Tile, { threads, quad }: How): string {
  const { rows, cols4 } = tile;
  const [across, down] = threads;
  const [kd, kh, kw] = spec.kernel;
  const [stride, dilation] = [spec.strides[2], spec.dilations[2]];
  const step = filterSteps(spec);
  const plane = channelStep(spec);
  const loads = quad ? rows / 4 : rows;
  const masked = spec.padded || !spec.vecY;
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
  const row = (k: string): Turn => ({
    terms: kw,
    load: all((c, e) => `let e${c}_${e} = ${inX(c, e, `load_x(xs${c}_${e} + ${k} * ${plane})`)};`),
    pixels: (c, t) => `vec4f(${[0, 1, 2, 3].map((j) => `e${c}_${spot(j, t)}`).join(", ")})`,
    weights: (i, terms) =>
      vector(terms.map((t) => `f32(load_w(wb${i} + ${k} * ${step.i} + ${t}u * ${step.tap}))`)) + lessZero(spec, `zero${i}`),
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
  const single = kw === 1;

  return wgsl`
const ROWS = ${rows * down}u; // output channels of a workgroup
const COLUMNS = ${cols4 * across}u; // fours of pixels
${places(spec)}
${putChannels(spec)}

${entry(threads, quad)}
  let in_row = (p.yw + 3u) / 4u;
  let count = p.yd * p.yh * in_row;
  let across = (count + COLUMNS - 1u) / COLUMNS;
  let down = (p.co + ROWS - 1u) / ROWS;
  let rest = index / (across * down);
  let group = rest % p.groups;
  let image = rest / p.groups;
  if (image >= p.batch) { return; }
  let row = index / across % down * ROWS + thread.y * ${rows}u;
  let col = index % across * COLUMNS + thread.x * ${cols4}u;
  // Where the windows of this thread's pixels begin, and the filters that it loads.
  ${quad ? "let lane = invocation & 3u;" : ""}
  ${named(cols4, "four", (c) => `min(col + ${c}u, count - 1u)`)}
  ${named(cols4, "corner", (c) => `corner(four${c} / in_row * p.yw + four${c} % in_row * 4u)`)}
  ${named(loads, "wr", (i) => `group * ${step.group} + min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, p.co - 1u) * ${step.o}`)}
  ${spec.zeros === undefined ? "" : named(loads, "zero", (i) => zeroAt(spec, `group * p.co + min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, p.co - 1u)`))}
  ${forSums(tile, (r, c) => `var c${r}_${c} = vec4f();`)}
  ${overTaps(
    { kernel: [kd, kh, 1], dilations: spec.dilations },
    wgsl`  ${all((c, e) => `let at${c}_${e} = under(corner${c}, offset + vec3u(0u, 0u, ${spots[e]! >>> 0}u));`)}
  ${masked ? all((c, e) => `let in${c}_${e} = inside(at${c}_${e});`) : ""}
  ${all((c, e) => {
    const at = `x_at(image, group, at${c}_${e})`;
    return `let xs${c}_${e} = ${masked ? `select(0u, ${at}, in${c}_${e})` : at};`;
  })}
  ${named(loads, "wb", (i) => `wr${i} + tap * ${kw}u * ${step.tap}`)}
  ${single ? "let blocks = p.ci / 4u;" : ""}
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= ${single ? "blocks" : "p.ci"}) { break; }
    ${multiply(single ? fours : row("k"))}
  }
  ${single && spec.tail ? tail("", multiply(last), "", "p.ci") : ""}`,
  )}
  if (row >= p.co || col >= count) { return; }
  // What lies past the last filter, or the last four, is the last again, stored over it, and a filter's bias is loaded once: CPU drivers compile
  // branches, and every load and store, slowly.
  ${named(cols4, "pixel", (c) => `four${c} / in_row * p.yw + four${c} % in_row * 4u`)}
  ${named(cols4, "last", (c) => `p.yw - 1u - four${c} % in_row * 4u`)}
  ${lines(
    rows,
    (r) => wgsl`let channel${r} = group * p.co + min(row + ${r}u, p.co - 1u); ${loadShared(spec, `channel${r}`, `${r}`)}
  ${lines(cols4, (c) => `put(image, channel${r}, pixel${c}, last${c}, c${r}_${c}${passShared(spec, `${r}`)});`, " ")}`,
    "\n  ",
  )}
}
`;
}
