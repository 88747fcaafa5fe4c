// From strokes to the 28 x 28 bytes that MNIST's digits are.

/** Points of a stroke, each in the unit square. */
export type Stroke = readonly (readonly [x: number, y: number])[];

const SIDE = 28;
const BOX = 20; // MNIST's digits fill a box of 20 x 20, with their centre of mass in the middle of 28 x 28
const FINE = 6; // samples of a pixel, in each direction

/**
 * A drawing as MNIST's digits were made: the ink's longer side scaled to 20 pixels, its centre of mass put in the middle.
 * @param dark how dark a point is, 0 to 1
 * @param size rows and columns of the drawing
 * @returns undefined where there is no ink
 */
export function asDigit(dark: (x: number, y: number) => number, size: number): Uint8Array<ArrayBuffer> | undefined {
  let [left, right, top, bottom] = [size, -1, size, -1];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (dark(x, y) > 0.1)
        [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  if (right < 0) return undefined;
  const step = Math.max(right - left + 1, bottom - top + 1) / BOX; // of the drawing's pixels to one of ours
  // Round the drawing's own centre first, to learn where the centre of mass is.
  const [mx, my] = massOf(sampled(dark, size, step, (left + right) / 2, (top + bottom) / 2));
  const middle = (SIDE - 1) / 2;
  return sampled(dark, size, step, (left + right) / 2 + (mx - middle) * step, (top + bottom) / 2 + (my - middle) * step);
}

/** Means over squares of `step` points, the middle one being at (cx, cy). */
function sampled(
  dark: (x: number, y: number) => number,
  size: number,
  step: number,
  cx: number,
  cy: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < FINE * FINE; j++) {
      const x = Math.round(cx + ((i % SIDE) - SIDE / 2 + ((j % FINE) + 0.5) / FINE) * step);
      const y = Math.round(cy + (Math.floor(i / SIDE) - SIDE / 2 + (Math.floor(j / FINE) + 0.5) / FINE) * step);
      if (x >= 0 && x < size && y >= 0 && y < size) sum += dark(x, y);
    }
    out[i] = Math.round((255 * sum) / (FINE * FINE));
  }
  return out;
}

function massOf(ink: Uint8Array): [x: number, y: number] {
  let [sum, x, y] = [0, 0, 0];
  ink.forEach((value, i) => {
    sum += value;
    x += value * (i % SIDE);
    y += value * Math.floor(i / SIDE);
  });
  return sum ? [x / sum, y / sum] : [(SIDE - 1) / 2, (SIDE - 1) / 2];
}

/** An arc from one angle to another, in turns from the right, clockwise. */
const arc = (cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke =>
  Array.from({ length: 25 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 24);
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)] as const;
  });

/** Digits to choose from, drawn here by hand. */
export const SAMPLES: readonly (readonly Stroke[])[] = [
  [arc(0.5, 0.5, 0.2, 0.3, -0.25, 0.75)],
  [
    [
      [0.54, 0.2],
      [0.5, 0.5],
      [0.47, 0.8],
    ],
  ],
  [[...arc(0.5, 0.36, 0.18, 0.16, 0.5, 1.1), [0.34, 0.76], [0.38, 0.75], [0.72, 0.77]]],
  [arc(0.48, 0.34, 0.17, 0.14, 0.55, 1.25), arc(0.47, 0.64, 0.2, 0.17, 0.75, 1.45)],
  [
    [
      [0.4, 0.2],
      [0.3, 0.52],
      [0.7, 0.52],
    ],
    [
      [0.64, 0.24],
      [0.6, 0.82],
    ],
  ],
  [[[0.68, 0.21], [0.4, 0.22], [0.36, 0.47], ...arc(0.48, 0.62, 0.18, 0.17, 0.68, 1.42)]],
  [[[0.6, 0.18], [0.45, 0.35], [0.36, 0.56], ...arc(0.5, 0.65, 0.16, 0.15, 0.5, 1.52)]],
  [
    [
      [0.3, 0.24],
      [0.7, 0.23],
      [0.56, 0.5],
      [0.46, 0.8],
    ],
  ],
  [arc(0.5, 0.35, 0.14, 0.15, 0.25, 1.25), arc(0.5, 0.65, 0.17, 0.16, -0.25, 0.75)],
  [
    arc(0.5, 0.36, 0.16, 0.15, 0, 1),
    [
      [0.66, 0.36],
      [0.64, 0.58],
      [0.57, 0.81],
    ],
  ],
];
