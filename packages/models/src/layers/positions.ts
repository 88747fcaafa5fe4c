// Where a row stands, added to what it is.
import { add, gather, mul, of, pointwise, slice } from "@tilewright/kernels-pointwise";
import { fail, showShape, tensor, type Value } from "@tilewright/runtime";
import { type Init, normal } from "../init.ts";
import { type Layer, layer, type Scope } from "../layer.ts";

/** x is [batch, rows, width]; positions u32 [rows], 0, 1, … unless given. */
type Positions = Layer<readonly [x: Value, positions?: Value | undefined]>;

export interface SinusoidalOptions {
  /** Positions that there are. Default 512. */
  readonly most?: number | undefined;
  /** Sines and cosines in turn ("interleaved", as Vaswani et al. write it, the default), or all sines before all cosines ("halves", as their program and Marian have it). */
  readonly order?: "interleaved" | "halves" | undefined;
  /** The longest wavelength over 2π. Default 10,000. */
  readonly base?: number | undefined;
  /** Factor of x: √width in Vaswani et al. Default 1. */
  readonly scale?: number | undefined;
}

/** scale · x + sin and cos of position / base^(2i / width): Vaswani et al. 2017, arXiv:1706.03762, section 3.5. No parameters. */
export const sinusoidalPositions = ({ most = 512, scale = 1, ...options }: SinusoidalOptions = {}): Positions =>
  layer("sinusoidalPositions", (scope, x, positions) => {
    const width = widthOf("sinusoidalPositions", x, positions ? Infinity : most);
    const rows = positions ? most : x.shape[1]!;
    const table = scope.tape.constant(tensor(sinusoids(rows, width, options), [rows, width]));
    return plus(scope, x, positions ? scope.tape.call(gather, { x: table, indices: positions }) : table, scale);
  });

/** x + a learned row for each of `most` positions. Parameter: `weight` [most, width]. */
export const learnedPositions = (most: number, { init = normal(0.02) }: { readonly init?: Init | undefined } = {}): Positions =>
  layer("learnedPositions", (scope, x, positions) => {
    const table = scope.parameter("weight", [most, widthOf("learnedPositions", x, positions ? Infinity : most)], init);
    const rows = positions
      ? scope.tape.call(gather, { x: table, indices: positions })
      : scope.tape.call(slice, { x: table }, { starts: [0], ends: [x.shape[1]!], axes: [0] });
    return plus(scope, x, rows, 1);
  });

/** [rows, width] of sines and cosines. */
export function sinusoids(
  rows: number,
  width: number,
  { order = "interleaved", base = 10_000 }: Pick<SinusoidalOptions, "order" | "base"> = {},
): Float32Array {
  const half = Math.ceil(width / 2); // an odd width has one sine more
  return Float32Array.from({ length: rows * width }, (_, at) => {
    const [position, j] = [Math.floor(at / width), at % width];
    const [i, cosine] = order === "halves" ? [j % half, j >= half] : [j >> 1, j % 2 === 1];
    const angle = position / base ** ((2 * i) / width);
    return cosine ? Math.cos(angle) : Math.sin(angle);
  });
}

const scaledSum = /* @__PURE__ */ pointwise("scaledSum", ["a", "b"], ({ a, b }, { s }) => of(add, of(mul, a, s), b), { s: 1 });

const plus = ({ tape }: Scope, a: Value, b: Value, s: number): Value =>
  s === 1 ? tape.call(add, { a, b }) : tape.call(scaledSum, { a, b }, { s });

function widthOf(who: string, { shape }: Value, most: number): number {
  if (shape.length !== 3) fail(who, "shape", `x is ${showShape(shape)}; needed is [batch, rows, width].`);
  if (shape[1]! > most) fail(who, "shape", `x is ${showShape(shape)}; there are ${most} positions.`);
  return shape[2]!;
}
