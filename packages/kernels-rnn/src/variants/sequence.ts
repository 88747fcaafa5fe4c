import { CAP, lines } from "@tilewright/kernels-matmul/text";
import { type Variant, wgsl } from "@tilewright/runtime";
import { gates, pieceOf, sweeps, twice } from "../gates.ts";
import { narrow, storing, wideType, written } from "../narrow.ts";
import { PLACES, pack, packedType, project, xpType } from "../pack.ts";
import type { P, Spec } from "../problem.ts";

interface Sequence {
  /** Rows of the batch that a workgroup has. */
  readonly rows: number;
  /** Neighbouring units of a thread. */
  readonly units: number;
  readonly threads: number;
  /** Lanes of a quad load h for each other. */
  readonly quad: number;
  readonly [name: string]: number;
}

/**
 * All steps in one dispatch: a workgroup has a few rows of the batch from the first step to the last, and h in workgroup memory, twice, so that
 * a step needs one barrier.
 *
 *     xp [t]  ──┐            ┌── h of the step before [rows, H] ──┐ one of two
 *     r packed ─┴─► sums of ─┤                                    │
 *                   gates    └─► gates ─► c, h ─► the other one ──┘ barrier, next step
 *
 * What decides is how often a weight that was loaded is used: once for each row. Four rows, two units: 8 vec4 of r and one of h (four lanes
 * load for each other) for 128 multiply-adds. The input's part of all steps is one product before, the weights are laid out anew before that:
 * three dispatches, and one more for f16.
 */
export const sequence: Variant<P, Spec, Sequence> = {
  name: "sequence",
  tiles: [
    { rows: 4, units: 2, threads: 64, quad: 1 },
    { rows: 1, units: 2, threads: 64, quad: 0 },
    { rows: 4, units: 2, threads: 64, quad: 0 },
    { rows: 1, units: 1, threads: 128, quad: 0 },
  ],
  prefer: ({ params: { b }, spec: { width } }, { software, subgroups }) =>
    sequence.tiles[b === 1 || width > 256 ? (software ? 1 : 3) : software && subgroups ? 0 : 2],
  needs: ({ rows, threads, quad }, spec) => ({
    invocations: Math.max(threads, 64),
    workgroupBytes: 4 * rows * (spec ? states(spec) * spec.width : 64),
    subgroups: quad === 1,
  }),
  when: () => true,
  scratch: (problem) => ({
    packed: packedType(problem.params, problem.spec),
    xp: xpType(problem.params),
    ...(problem.spec.half && { wide: wideType(problem) }),
  }),
  passes: [
    pack,
    project,
    {
      uses: (spec) => ["lengths", "h0", "c0", ...(spec.empty ? [] : ["xp"]), "packed", ...written(spec)],
      lanes: () => ({ packed: 4 }),
      workgroups: ({ params: { b, dirs } }, { rows }) => Math.ceil(b / rows) * dirs,
      wgsl: text,
    },
    narrow,
  ],
};

/** States in workgroup memory: h twice, c (or GRU's z), and what goes between two sweeps. */
const states = (spec: Spec) => 2 + (keepsC(spec) ? 1 : 0) + (twice(spec) ? 1 : 0);
const keepsC = (spec: Spec) => spec.kind === "lstm" || (spec.kind === "gru" && !spec.after);

function text(spec: Spec, { rows, units, threads, quad }: Sequence): string {
  const T = pieceOf(units);
  const W = spec.width / units;
  const pieces = 4 / units;
  const each = (line: (r: number) => string, separator = "\n    ") => lines(rows, line, separator);
  const { first, second } = sweeps(spec);
  const lstm = spec.kind === "lstm";
  const read = (memory: string, base: string) =>
    pieces === 1
      ? `${memory}[${base} + k]`
      : `vec4f(${lines(pieces, (i) => `${memory}[${base} + ${pieces}u * k + ${i}u]`, ", ")})`;

  /** The loop of a sweep: `sums` in named scalars, over rows of `memory` from `base`, with weights from `w` on, `stride` vec4 a k. */
  const sweep = (
    memory: string,
    base: string,
    blocks: string,
    [w, stride]: readonly [string, string],
    sums: readonly { gate: number; start(r: number, j: number): string }[],
  ) => {
    // What does not change in the loop stands before it: not every compiler moves it there.
    const weights = sums.map(({ gate }) => lines(units, (j) => `let at${j}_${gate} = ${w} + ${gate}u * p.h + u${j};`, " "));
    return wgsl`${each((r) => sums.map(({ gate, start }) => lines(units, (j) => `var a${r}_${j}_${gate} = ${start(r, j)};`, " ")).join(" "))}
    ${weights.join(" ")}
    ${quad ? lines(rows / 4, (i) => `let row${i} = ${base} + (${4 * i}u + lane) * W;`, " ") : each((r) => `let row${r} = ${base} + ${r}u * W;`, " ")}
    let count = ${blocks};
    let stride = ${stride};
    for (var k = 0u; k < ${CAP}; k++) {
      if (k >= count) { break; }
      let next = k * stride;
      ${
        quad
          ? `${lines(rows / 4, (i) => `let q${i} = ${read(memory, `row${i}`)};`, " ")}
      ${each((r) => `let h${r} = quadBroadcast(q${r >> 2}, ${r & 3}u);`, " ")}`
          : each((r) => `let h${r} = ${read(memory, `row${r}`)};`, " ")
      }
      ${sums
        .map(({ gate }) =>
          lines(
            units,
            (j) =>
              `let w${j}_${gate} = load_packed(at${j}_${gate} + next); ${each((r) => `a${r}_${j}_${gate} += dot(h${r}, w${j}_${gate});`, " ")}`,
            "\n      ",
          ),
        )
        .join("\n      ")}
    }`;
  };
  /** Blocks of units, a piece for each thread. */
  const blocks = (count: string, body: string) => wgsl`for (var turn = 0u; turn < ${CAP}; turn++) {
    if (turn * SPAN >= ${count}) { break; }
    let piece = turn * ${threads}u + thread;
    let unit = piece * ${units}u;
    ${lines(units, (j) => `let u${j} = min(unit + ${j}u, ${count} - 1u);`, " ")}
    ${body}
    }`;
  const fresh = (r: number, gate: number) => `${T}(${lines(units, (j) => `a${r}_${j}_${gate}`, ", ")})`;
  const xp = (r: number, j: number, gate: number) => `load_xp(x${r} + ${gate}u * p.h + u${j})`;
  /** The new h of row r: into the other half, and out. Rows whose steps are over keep theirs. */
  const leave = (
    r: number,
    h: string,
    hOld: string,
  ) => `if (piece < W) { sh[new_half + ${r}u * W + piece] = select(${hOld}, inside(${h}, unit, p.o), on${r}); }
    ${spec.cell ? "" : `put_y(y${r}, unit, select(${T}(), ${h}, on${r}));`}`;

  const weights = ["dir * ((p.o + 3u) / 4u) * GATES * p.h", "GATES * p.h"] as const;
  const old = (r: number) =>
    `State(sh[old_half + ${r}u * W + min(piece, W - 1u)], ${keepsC(spec) && lstm ? `sc[${r}u * W + min(piece, W - 1u)]` : `${T}()`})`;
  const innerAt = (j: number) => `number((dir * VECTORS + GATES) * p.h + u${j})`;
  const firstSweep = blocks(
    "p.h",
    wgsl`${sweep(
      "sh",
      "old_half",
      "(p.o + 3u) / 4u",
      weights,
      first.map(({ gate, xp: given }) => ({ gate, start: (r, j) => (given ? xp(r, j, gate) : innerAt(j)) })),
    )}
    ${each((r) => {
      const x = spec.after ? `${T}(${lines(units, (j) => xp(r, j, 2), ", ")})` : `${T}()`;
      const stepped = `let old${r} = ${old(r)};
    let new${r} = step(${first.map(({ gate }) => `${fresh(r, gate)}, `).join("")}${x}, old${r}, dir, unit);`;
      const c = keepsC(spec)
        ? `sc[${r}u * W + piece] = ${lstm ? `select(old${r}.c, inside(new${r}.c, unit, p.h), on${r})` : `new${r}.c`};`
        : "";
      if (!twice(spec)) return `${stepped}\n    ${c ? `if (piece < W) { ${c} }` : ""}\n    ${leave(r, `new${r}.h`, `old${r}.h`)}`;
      return `${stepped}\n    if (piece < W) { ${c} sm[${r}u * W + piece] = inside(new${r}.h, unit, p.h); }`;
    })}`,
  );
  const secondSweep = () => {
    const hOld = (r: number) => `sh[old_half + ${r}u * W + min(piece, W - 1u)]`;
    if (spec.projection)
      return blocks(
        "p.o",
        wgsl`${sweep("sm", "0u", "(p.h + 3u) / 4u", ["projection_start() + dir * ((p.h + 3u) / 4u) * p.o", "p.o"], [{ gate: 0, start: () => "0.0" }])}
    ${each((r) => `let h${r} = ${fresh(r, 0)}; ${leave(r, `h${r}`, hOld(r))}`)}`,
      );
    return blocks(
      "p.h",
      wgsl`${sweep(
        "sm",
        "0u",
        "(p.o + 3u) / 4u",
        weights,
        second.map(({ gate }) => ({ gate, start: (r, j) => xp(r, j, gate) })),
      )}
    ${each((r) => `let h${r} = mixed(act1(${fresh(r, 2)}, dir), sc[${r}u * W + min(piece, W - 1u)], ${hOld(r)}); ${leave(r, `h${r}`, hOld(r))}`)}`,
    );
  };
  const back = spec.direction === "forward" ? "false" : spec.direction === "reverse" ? "true" : "dir == 1u";
  const load = (name: "h0" | "c0", r: number, size: string) =>
    `${T}(${lines(units, (j) => `select(0.0, load_${name}((dir * p.b + b${r}) * ${size} + min(unit + ${j}u, ${size} - 1u)), unit + ${j}u < ${size}${spec.zeroEmpty ? ` && length${r} > 0u` : ""})`, ", ")})`;
  const initial = [
    ...(spec.h0 ? [each((r) => `sh[${r}u * W + piece] = ${load("h0", r, "p.o")};`)] : []),
    ...(spec.c0 ? [each((r) => `sc[${r}u * W + piece] = ${load("c0", r, "p.h")};`)] : []),
  ];
  const final = (name: "hn" | "cn", size: string, value: (r: number) => string) =>
    each((r) => `put_${name}((dir * p.b + b${r}) * ${size}, unit, ${value(r)});`);
  /** A piece of each state in turn. */
  const everyPiece = (body: string) => wgsl`for (var i = 0u; i < ${CAP}; i++) {
    let piece = i * ${threads}u + thread;
    if (piece >= W) { break; }
    let unit = piece * ${units}u;
    ${body}
  }`;
  return wgsl`
const W = ${W}u; // pieces of a state
const SPAN = ${threads * units}u; // units of all threads
${PLACES(spec)}
${gates(spec, units)}
${storing(spec, units)}
var<workgroup> sh: array<${T}, ${2 * rows * W}>;
${keepsC(spec) ? `var<workgroup> sc: array<${T}, ${rows * W}>;` : ""}
${twice(spec) ? `var<workgroup> sm: array<${T}, ${rows * W}>;` : ""}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32${quad ? ", @builtin(subgroup_invocation_id) invocation: u32" : ""}) {
  ${quad ? "let lane = invocation & 3u;" : ""}
  let group = wid.y * groups.x + wid.x;
  let parts = (p.b + ${rows - 1}u) / ${rows}u;
  let dir = group / parts;
  if (dir >= p.dirs) { return; }
  let back = ${back};
  // Rows past the last are the last again.
  ${each((r) => `let b${r} = min(group % parts * ${rows}u + ${r}u, p.b - 1u); let length${r} = ${spec.lengths ? `min(u32(load_lengths(b${r})), p.t)` : "p.t"};`, "\n  ")}
  ${initial.length ? everyPiece(initial.join("\n    ")) : ""}
  workgroupBarrier();
  ${
    spec.empty
      ? "let last_half = 0u;"
      : wgsl`for (var s = 0u; s < ${CAP}; s++) {
    if (s >= p.t) { break; }
    let old_half = (s & 1u) * ${rows}u * W;
    let new_half = ${rows}u * W - old_half;
    ${each((r) => `let on${r} = s < length${r}; let t${r} = select(s, length${r} - 1u - s, back && on${r});`)}
    ${each((r) => {
      const row = spec.batchFirst ? `b${r} * p.t + t${r}` : `t${r} * p.b + b${r}`;
      const y =
        spec.split && !spec.batchFirst ? `((t${r} * p.dirs + dir) * p.b + b${r}) * p.o` : `((${row}) * p.dirs + dir) * p.o`;
      return `let x${r} = ((${row}) * p.dirs + dir) * GATES * p.h;${spec.cell ? "" : ` let y${r} = ${y};`}`;
    })}
    ${firstSweep}
    workgroupBarrier();
    ${twice(spec) ? `${secondSweep()}\n    workgroupBarrier();` : ""}
  }
  let last_half = (p.t & 1u) * ${rows}u * W;`
  }
  ${everyPiece([final("hn", "p.o", (r) => `sh[last_half + ${r}u * W + piece]`), ...(lstm ? [final("cn", "p.h", (r) => `sc[${r}u * W + piece]`)] : [])].join("\n    "))}
}
`;
}
