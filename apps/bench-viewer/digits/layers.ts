// Layers that learn, one digit at a time: plain loops over [channels, rows, columns], so that training gives the same numbers everywhere.

/** A weight, its bias, and the sums of their gradients. */
export interface Weights {
  readonly w: Float32Array;
  readonly b: Float32Array;
  readonly dw: Float32Array;
  readonly db: Float32Array;
}

export const weights = (w: Float32Array, count: number): Weights => ({
  w,
  b: new Float32Array(count),
  dw: new Float32Array(w.length),
  db: new Float32Array(count),
});

export interface Conv extends Weights {
  readonly channels: number;
  readonly filters: number;
  /** Rows and columns of x; y has two less. */
  readonly size: number;
}

/** relu(x * W + b) by 3x3 filters, no padding. */
export function conv({ w, b, channels, filters, size }: Conv, x: Float32Array): Float32Array {
  const out = size - 2;
  const y = new Float32Array(filters * out * out);
  for (let f = 0; f < filters; f++) {
    const plane = y.subarray(f * out * out, (f + 1) * out * out).fill(b[f]!);
    for (let c = 0; c < channels; c++)
      for (let tap = 0; tap < 9; tap++) {
        const weight = w[(f * channels + c) * 9 + tap]!;
        const from = (c * size + Math.floor(tap / 3)) * size + (tap % 3);
        for (let row = 0; row < out; row++)
          for (let col = 0; col < out; col++) plane[row * out + col]! += weight * x[from + row * size + col]!;
      }
    for (let i = 0; i < plane.length; i++) if (plane[i]! < 0) plane[i] = 0;
  }
  return y;
}

/** Adds to the gradients of `layer`. @returns that of x, unless nobody asks */
export function convBackward(layer: Conv, x: Float32Array, y: Float32Array, dy: Float32Array, wanted: boolean) {
  const { w, dw, db, channels, filters, size } = layer;
  const out = size - 2;
  const dx = new Float32Array(wanted ? x.length : 0);
  for (let f = 0; f < filters; f++) {
    const plane = dy.subarray(f * out * out, (f + 1) * out * out);
    let bias = 0;
    for (let i = 0; i < plane.length; i++) {
      if (y[f * out * out + i] === 0) plane[i] = 0; // relu
      bias += plane[i]!;
    }
    db[f]! += bias;
    for (let c = 0; c < channels; c++)
      for (let tap = 0; tap < 9; tap++) {
        const at = (f * channels + c) * 9 + tap;
        const weight = w[at]!;
        const from = (c * size + Math.floor(tap / 3)) * size + (tap % 3);
        let sum = 0;
        for (let row = 0; row < out; row++)
          for (let col = 0; col < out; col++) {
            const g = plane[row * out + col]!;
            sum += g * x[from + row * size + col]!;
            if (wanted) dx[from + row * size + col]! += g * weight;
          }
        dw[at]! += sum;
      }
  }
  return dx;
}

/** 2x2 maxima; an odd last row and column are left out. @returns y, and where in x each was found */
export function pool(x: Float32Array, channels: number, size: number): { y: Float32Array; at: Uint32Array } {
  const half = Math.floor(size / 2);
  const y = new Float32Array(channels * half * half);
  const at = new Uint32Array(y.length);
  for (let i = 0; i < y.length; i++) {
    const [c, row, col] = [Math.floor(i / (half * half)), Math.floor(i / half) % half, i % half];
    const corner = (c * size + 2 * row) * size + 2 * col;
    let best = corner;
    for (const j of [corner + 1, corner + size, corner + size + 1]) if (x[j]! > x[best]!) best = j;
    y[i] = x[best]!;
    at[i] = best;
  }
  return { y, at };
}

export function poolBackward(at: Uint32Array, dy: Float32Array, length: number): Float32Array {
  const dx = new Float32Array(length);
  for (let i = 0; i < at.length; i++) dx[at[i]!]! += dy[i]!;
  return dx;
}

/** softmax(W x + b). */
export function classify({ w, b }: Weights, x: Float32Array): Float32Array {
  const scores = b.map((bias, k) => {
    let sum = bias;
    for (let i = 0; i < x.length; i++) sum += w[k * x.length + i]! * x[i]!;
    return sum;
  });
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const total = powers.reduce((a, p) => a + p, 0);
  return powers.map((power) => power / total);
}

/** Of the cross-entropy with the right class. */
export function classifyBackward({ w, dw, db }: Weights, x: Float32Array, y: Float32Array, label: number): Float32Array {
  const dx = new Float32Array(x.length);
  for (let k = 0; k < y.length; k++) {
    const g = y[k]! - (k === label ? 1 : 0);
    db[k]! += g;
    for (let i = 0; i < x.length; i++) {
      dw[k * x.length + i]! += g * x[i]!;
      dx[i]! += g * w[k * x.length + i]!;
    }
  }
  return dx;
}
