// A step as text: sums over the state before it, gates, the state behind it. Where states lie is the variant's affair, which gives the functions
// `get_h(i)`, `set_h(i, v)` and their like for c and for m, what goes from a first sweep to a second, by pieces of T.
import { lines } from "@tilewright/kernels-matmul/text";
import { CAP, wgsl } from "@tilewright/runtime";
import { pieceOf, sweeps, twice } from "./gates.ts";
import type { Spec } from "./problem.ts";

export interface StepTile {
  /** Rows of the batch that a thread works on. */
  readonly rows: number;
  /** Neighbouring units of a thread: a piece. */
  readonly units: number;
  /** Of a workgroup; all have the same rows. */
  readonly threads: number;
  /** Lanes of a quad load for each other: rows of x, and of h where rows come in fours. */
  readonly quad: number;
  readonly [name: string]: number;
}

/** How a variant runs a step. */
export interface Frame {
  /** WGSL of where row r (a number, as WGSL) of this thread starts, in pieces. */
  row(r: string): string;
  /** WGSL that runs `body` for the units from `turn` · SPAN on, as many as `count`. */
  blocks(count: string, body: string): string;
  /** The states of the last step are stored here. */
  readonly ends?: boolean;
}

/** Whether c (or a GRU's z, between two sweeps) is kept. */
export const keepsC = ({ kind, after }: Spec): boolean => kind === "lstm" || (kind === "gru" && !after);
export const sharesH = ({ rows, quad }: StepTile): boolean => quad === 1 && rows % 4 === 0;

/** For each of the tile's rows. */
export const eachRow = ({ rows }: Pick<StepTile, "rows">, line: (r: number) => string, separator = "\n    "): string =>
  lines(rows, line, separator);

/** `length_of(b)`: the steps of row b of the batch. */
export const LENGTH = ({ lengths }: Spec): string =>
  `fn length_of(b: u32) -> u32 { return ${lengths ? "min(u32(load_lengths(b)), p.t)" : "p.t"}; }`;

/** Row `r` of the batch and its steps: rows past the last are the last again. */
export const rowsOf = (spec: Spec, tile: Pick<StepTile, "rows">): string => wgsl`let back = ${
  spec.direction === "forward" ? "false" : spec.direction === "reverse" ? "true" : "dir == 1u"
};
  ${eachRow(tile, (r) => `let b${r} = min(row0 + ${r}u, p.b - 1u); let length${r} = length_of(b${r});`, "\n  ")}`;

/** Where row r's input and output of step `s` lie, and whether it has that step. */
export const placesOf = (spec: Spec, tile: Pick<StepTile, "rows">): string =>
  wgsl`${eachRow(tile, (r) => `let on${r} = s < length${r}; let t${r} = select(s, length${r} - 1u - s, back && on${r});`)}
    ${eachRow(tile, (r) => {
      const row = spec.batchFirst ? `b${r} * p.t + t${r}` : `t${r} * p.b + b${r}`;
      const y =
        spec.split && !spec.batchFirst ? `((t${r} * p.dirs + dir) * p.b + b${r}) * p.o` : `((${row}) * p.dirs + dir) * p.o`;
      return `let x${r} = ((${row}) * p.dirs + dir) * GATES * p.h;${spec.cell ? "" : ` let y${r} = ${y};`}`;
    })}`;

/** The sweeps of step `s`, which reads h from `old_half` on and leaves it from `new_half` on; the second is there for {@link twice}. */
export function step(spec: Spec, tile: StepTile, { row, blocks, ends = false }: Frame): { first: string; second: string } {
  const { rows, units } = tile;
  const T = pieceOf(units);
  const pieces = 4 / units;
  const lstm = spec.kind === "lstm";
  const { first, second } = sweeps(spec);
  const each = (line: (r: number) => string, separator?: string) => eachRow(tile, line, separator);
  const at = (r: number) => `${row(`${r}u`)} + min(piece, W - 1u)`;
  const here = (r: number) => `${row(`${r}u`)} + piece`;

  /** The loop of a sweep: named sums over rows of `get`, with weights from `w` on, `stride` vec4 a k. */
  const sweep = (
    [get, start, size]: readonly [string, string, string],
    [w, stride]: readonly [string, string],
    sums: readonly { gate: number; start(r: number, j: number): string }[],
  ) => {
    const shared = sharesH(tile);
    const read = (i: number) =>
      pieces === 1 ? `${get}(base${i} + k)` : `vec4f(${lines(pieces, (j) => `${get}(base${i} + ${pieces}u * k + ${j}u)`, ", ")})`;
    // What does not change in the loop stands before it: not every compiler moves it there.
    return wgsl`${each((r) => sums.map((sum) => lines(units, (j) => `var a${r}_${j}_${sum.gate} = ${sum.start(r, j)};`, " ")).join(" "))}
    ${sums.map(({ gate }) => lines(units, (j) => `let at${j}_${gate} = ${w} + ${gate}u * p.h + u${j};`, " ")).join(" ")}
    ${shared ? lines(rows / 4, (i) => `let base${i} = ${start}${row(`(${4 * i}u + lane)`)};`, " ") : each((r) => `let base${r} = ${start}${row(`${r}u`)};`, " ")}
    let count = (${size} + 3u) / 4u;
    let stride = ${stride};
    for (var k = 0u; k < ${CAP}; k++) {
      if (k >= count) { break; }
      let next = k * stride;
      ${
        shared
          ? `${lines(rows / 4, (i) => `let q${i} = ${read(i)};`, " ")}
      ${each((r) => `let h${r} = quadBroadcast(q${r >> 2}, ${r & 3}u);`, " ")}`
          : each((r) => `let h${r} = ${read(r)};`, " ")
      }
      ${sums
        .flatMap(({ gate }) =>
          Array.from(
            { length: units },
            (_, j) =>
              `let w${j}_${gate} = load_packed(at${j}_${gate} + next); ${each((r) => `a${r}_${j}_${gate} += dot(h${r}, w${j}_${gate});`, " ")}`,
          ),
        )
        .join("\n      ")}
    }`;
  };
  const those = (count: string, body: string) =>
    blocks(
      count,
      wgsl`let piece = turn * ${tile.threads}u + thread;
    let unit = piece * ${units}u;
    ${lines(units, (j) => `let u${j} = min(unit + ${j}u, ${count} - 1u);`, " ")}
    ${body}`,
    );
  const summed = (r: number, gate: number) => `${T}(${lines(units, (j) => `a${r}_${j}_${gate}`, ", ")})`;
  const xp = (r: number, j: number, gate: number) => `load_xp(x${r} + ${gate}u * p.h + u${j})`;
  const recurrent = ["dir * ((p.o + 3u) / 4u) * GATES * p.h", "GATES * p.h"] as const;

  // All rows together, in few branches: CPU drivers compile those slowly. All are read before any is stored: a row that is there twice changes once.
  const olds = each((r) => `let old${r} = State(get_h(old_half + ${at(r)}), ${keepsC(spec) ? `get_c(${at(r)})` : `${T}()`});`);
  const stored = (x: "h" | "c" | "m", offset: string, v: string) => wgsl`if (piece < W) {
      ${each((r) => `set_${x}(${offset}${here(r)}, ${v}${r});`, "\n      ")}
    }`;
  /** Of the last step, where that is the variant's to store. */
  const last = (name: "hn" | "cn", size: string, v: string) =>
    ends
      ? wgsl`if (s + 1u == p.t) {
      ${each((r) => `put_${name}((dir * p.b + b${r}) * ${size}, unit, ${v}${r});`, "\n      ")}
    }`
      : "";
  const output = (j: number) => wgsl`if (unit + ${j}u < p.o) {
      ${each((r) => `out_y(y${r} + unit + ${j}u, select(0.0, h${r}_new${units > 1 ? `[${j}]` : ""}, on${r}));`, "\n      ")}
    }`;
  /** The new h of every row: into the other half, and out. Rows whose steps are over keep theirs. */
  const leave = (h: (r: number) => string) => wgsl`${each((r) => `let h${r}_new = ${h(r)};`)}
    ${each((r) => `let kept_h${r} = select(old${r}.h, inside(h${r}_new, unit, p.o), on${r});`)}
    ${stored("h", "new_half + ", "kept_h")}
    ${last("hn", "p.o", "kept_h")}
    ${spec.cell ? "" : lines(units, output, "\n    ")}`;
  const stepped = (r: number) => {
    const x = spec.after ? `${T}(${lines(units, (j) => xp(r, j, 2), ", ")})` : `${T}()`;
    return `let new${r} = step(${first.map(({ gate }) => `${summed(r, gate)}, `).join("")}${x}, old${r}, dir, unit);`;
  };
  const keptC = (r: number) => (lstm ? `select(old${r}.c, inside(new${r}.c, unit, p.h), on${r})` : `new${r}.c`);
  const leaveC = () => wgsl`${each((r) => `let kept_c${r} = ${keptC(r)};`)}
    ${stored("c", "", "kept_c")}
    ${lstm ? last("cn", "p.h", "kept_c") : ""}`;
  const leaveM = () => wgsl`${each((r) => `let m${r} = inside(new${r}.h, unit, p.h);`)}
    ${stored("m", "", "m")}`;

  const innerBias = (j: number) => `number((dir * VECTORS + GATES) * p.h + u${j})`;
  const starts = first.map(({ gate, xp: given }) => ({
    gate,
    start: (r: number, j: number) => (given ? xp(r, j, gate) : innerBias(j)),
  }));
  const projected = () =>
    those(
      "p.o",
      wgsl`${sweep(["get_m", "", "p.h"], ["projection_start() + dir * ((p.h + 3u) / 4u) * p.o", "p.o"], [{ gate: 0, start: () => "0.0" }])}
    ${olds}
    ${leave((r) => summed(r, 0))}`,
    );
  const rest = second.map(({ gate }) => ({ gate, start: (r: number, j: number) => xp(r, j, gate) }));
  const candidate = () =>
    those(
      "p.h",
      wgsl`${sweep(["get_m", "", "p.o"], recurrent, rest)}
    ${olds}
    ${leave((r) => `mixed(act1(${summed(r, 2)}, dir), old${r}.c, old${r}.h)`)}`,
    );
  return {
    first: those(
      "p.h",
      wgsl`${sweep(["get_h", "old_half + ", "p.o"], recurrent, starts)}
    ${olds}
    ${each(stepped)}
    ${keepsC(spec) ? leaveC() : ""}
    ${twice(spec) ? leaveM() : leave((r) => `new${r}.h`)}`,
    ),
    second: twice(spec) ? (spec.projection ? projected() : candidate()) : "",
  };
}

/** A piece of h0 or c0 of row `b`, zero where there is none. */
export const initial = (spec: Spec, units: number, name: "h0" | "c0", b = "b"): string => {
  const size = name === "h0" ? "p.o" : "p.h";
  const T = pieceOf(units);
  if (!spec[name]) return `${T}()`;
  const on = spec.zeroEmpty ? ` && length_of(${b}) > 0u` : "";
  return `${T}(${lines(units, (j) => `select(0.0, load_${name}((dir * p.b + ${b}) * ${size} + min(unit + ${j}u, ${size} - 1u)), unit + ${j}u < ${size}${on})`, ", ")})`;
};
