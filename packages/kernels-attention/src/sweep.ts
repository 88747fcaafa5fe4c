// How quad goes through the keys.
import { CAP, wgsl } from "@tilewright/runtime";
import type { Spec } from "./attention.ts";
import { product } from "./quads.ts";
import { lines } from "./text.ts";

/** What a lane holds for the rows whose scores it finishes, each fourth of the tile's: a scalar for one, else a vector. */
export function ownRows(rows: number) {
  const own = rows / 4;
  const T = own === 1 ? "f32" : `vec${own}f`;
  return {
    own,
    T,
    vec: (value: (n: number) => string) => (own === 1 ? value(0) : `${T}(${lines(own, value, ", ")})`),
    of: (name: string, n: number) => (own === 1 ? name : `${name}[${n}]`),
  };
}

/**
 * Goes through the keys, a chunk at a time: first their scores and the largest, then one rescaling, then their values. Behind the first
 * `inner` keys stand those that some rows must not see: such are weighed with zero, and their values left out, since 0 · NaN is NaN (and
 * NaN != 0 is false on Vulkan); by their bits, one operation where a select is three on SwiftShader.
 */
export function sweep(
  spec: Spec,
  { rows, keys, chunk }: { readonly rows: number; readonly keys: 1 | 2; readonly chunk: number },
): string {
  const { widthK, widthV, left, right, mask } = spec;
  const { own, T, vec, of } = ownRows(rows);
  const bounded = left || right;
  const hides = bounded || !!mask;
  const within = (n: number) => [left && `key >= window${n}.x`, right && `key < window${n}.y`].filter(Boolean).join(" && ");
  const inWindow = own === 1 ? within(0) : `vec${own}<bool>(${lines(own, (n) => `(${within(n)})`, ", ")})`;
  const HIDDEN = vec(() => "HIDDEN");
  // Keys in the order of j: without a window's left side it is their own.
  const inside = (j: string) => (left ? `high.x + ${j}` : j);
  const edge = (j: string) => (left ? `low.x + (${j} - inner) + select(inner, 0u, low.x + (${j} - inner) < high.x)` : j);
  const quarter = (r: number) =>
    product(
      widthK,
      (w) => `held[${r * widthK + w}]`,
      (w) => `k_${w}`,
    );
  return wgsl`for (var turn = 0u; turn < ${CAP}; turn++) {
    let first = turn * CHUNK;
    let last = min(first + CHUNK, seen);
    if (first >= last) { break; }
    let split = clamp(inner, first, last);
    var scores: array<${T}, ${chunk}>;
    var most = top;
    ${loop(
      "first",
      "last",
      wgsl`let key = ${left ? `select(${edge("j")}, ${inside("j")}, j < inner)` : "j"};
      let at = key_row(b, head, key);
      ${lines(widthK, (w) => `let k_${w} = k4(at, ${4 * w}u + lane);`, " ")}
      let dots = transpose_add(lane, ${lines(4, (l) => vec((n) => quarter(l + 4 * n)), ",\n        ")});
      let s = ${vec((n) => `score(${of("dots", n)}, b, own_h${n}, own_i${n}, key, position${n})`)};
      scores[j - first] = s;
      most = ${bounded ? "select(most, max(most, s), j < split)" : "max(most, s)"};`,
    )}
    ${
      bounded
        ? loop(
            "split",
            "last",
            wgsl`let key = ${edge("j")};
      let s = select(${HIDDEN}, scores[j - first], ${inWindow});
      scores[j - first] = s;
      most = max(most, s);`,
          )
        : ""
    }
    let old = exp2(top - most);
    sum *= old;
    top = most;
    // Where no key was seen yet, what is hidden is still far below.
    let base = ${hides ? `select(most, ${T}(), most == ${HIDDEN})` : "most"};
    ${lines(rows, (r) => `{ let part = ${part(rows, "old", r)}; ${lines(widthV, (w) => `o${r}_${w} *= part;`, " ")} }`, "\n    ")}
    ${mask ? "" : loop("first", "split", keys === 1 ? values(spec, rows, inside("j")) : pairs(spec, rows, inside), keys)}
    ${hides ? loop("split", "last", values(spec, rows, edge("j"), true)) : ""}
  }`;
}

/** Keys of a chunk, `step` at a time. */
const loop = (from: string, to: string, body: string, step = 1) => wgsl`for (var u = 0u; u < ${CAP}; u++) {
      let j = ${from} + ${step === 1 ? "u" : `${step}u * u`};
      if (j >= ${to}) { break; }
      ${body}
    }`;

/** What the lane that finishes row r has under this name. */
const part = (rows: number, name: string, r: number) => `quadBroadcast(${ownRows(rows).of(name, r >> 2)}, ${r & 3}u)`;

/** Adds a key's values, weighed, row by row. */
function values({ widthV }: Spec, rows: number, key: string, hides = false): string {
  const seen = (w: number) => (hides ? `bitcast<vec4f>(bitcast<vec4u>(v_${w}) & bits)` : `v_${w}`);
  const bits = hides ? "let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); " : "";
  return wgsl`let at = key_row(b, head, ${key});
      let weights = weight(scores[j - first] - base);
      sum += weights;
      ${lines(widthV, (w) => `let v_${w} = v4(at, ${4 * w}u + lane);`, " ")}
      ${lines(rows, (r) => `{ let part = ${part(rows, "weights", r)}; ${bits}${lines(widthV, (w) => `o${r}_${w} += ${seen(w)} * part;`, " ")} }`, "\n      ")}`;
}

/** Adds the values of two keys, weighed, column by column: sums are read and written half as often. A last key alone goes as two halves. */
function pairs({ widthV }: Spec, rows: number, key: (j: string) => string): string {
  return wgsl`let next = min(j + 1u, split - 1u);
      let share = select(0.5, 1.0, next > j);
      let at = key_row(b, head, ${key("j")});
      let at_next = key_row(b, head, ${key("next")});
      let weights = weight(scores[j - first] - base) * share;
      let weights_next = weight(scores[next - first] - base) * share;
      sum += weights + weights_next;
      ${lines(rows, (r) => `let x${r} = ${part(rows, "weights", r)}; let y${r} = ${part(rows, "weights_next", r)};`, "\n      ")}
      ${lines(
        widthV,
        (w) => wgsl`{ let v = v4(at, ${4 * w}u + lane); let v_next = v4(at_next, ${4 * w}u + lane);
        ${lines(rows, (r) => `o${r}_${w} += v * x${r} + v_next * y${r};`, "\n        ")} }`,
        "\n      ",
      )}`;
}
