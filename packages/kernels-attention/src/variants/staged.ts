import { CAP, type Caps, type Form, turns, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../attention.ts";
import { emptyRefusal, functions, lanes, lines, start, store, storeRefusal, tileOf, weight } from "../text.ts";

interface Staged {
  readonly rows: number;
  readonly [name: string]: number;
}

/** Keys of a turn, and vec4 of a chunk of the head size; a line of either takes one vec4 more, so that no two lines start in one bank. */
const KEYS = 32;
const CHUNK = 8;
const LINE = CHUNK + 1;
/** Threads across: each has four keys of a turn, and every eighth vec4 of out. */
const ACROSS = KEYS / 4;
const threads = (rows: number) => (rows / 4) * ACROSS;
/** Vec4 of a row's sums that a thread holds. */
const columns = ({ widthV }: Spec) => Math.ceil(widthV / 2);

/**
 * `rows` queries by 32 keys a turn, both staged in workgroup memory, a register tile of 4 by 4 scores a thread (FlashAttention-2: Dao 2023,
 * arXiv:2307.08691, §3.2).
 *
 *                 k: 32 keys            a thread: rows y, y + rows/4 …; keys 4x … 4x + 3;
 *                 ┌────────┐            of the sums the same rows, vec4 x, x + 8 …
 *     q: ┌──┐     │  ░░    │
 *   rows │▒▒│     └────────┘            scores, by chunks of 32 of the head size ─ largest of a row ─► weights, which take q's
 *        └──┘    scores ░▒              place ─► times v, by chunks of 32 of its width, which take k's
 *
 * A chunk costs a thread 8 loads from workgroup memory for 64 multiply-adds, storage is read once for `rows` queries (q again every
 * turn: it stays in cache). Heads that share k and v (GQA) are rows of one tile. Largest scores cross the threads of a row once a turn, the
 * sums of weights once in all. No subgroups, any head size up to 256 of v.
 *
 * First choice on GPUs from 16 rows on; no GPU has been measured. On CPU adapters it works, and its barriers make it the slowest.
 */
export const staged: Form<P, Spec, Staged> = {
  tiles: [{ rows: 32 }, { rows: 64 }, { rows: 16 }],
  prefer: ({ params: { s, group } }) => staged.tiles[s * group > 1024 ? 1 : s * group > 16 ? 0 : 2],
  needs: ({ rows }) => ({
    invocations: threads(rows),
    workgroupBytes: 16 * (LINE * (rows + KEYS) + threads(rows)),
  }),
  refuses: (problem, caps) =>
    columns(problem.spec) > 8
      ? `rows of ${problem.params.dv} are more than its registers hold`
      : (emptyRefusal(problem) ?? storeRefusal(problem, caps)),
  lanes,
  workgroups: ({ params: { batch, heads, group, s } }, { rows }) => batch * (heads / group) * Math.ceil((group * s) / rows),
  wgsl: text,
};

/** Fills `name` with `count` lines of a chunk; `value` is vec4 `c` of line `line`. */
const fill = (name: string, count: number, rows: number, stride: number, value: string, caps: Caps) => wgsl`
    ${turns("i", (count * CHUNK) / threads(rows), caps, "p.s")}
      let line = (i * ${threads(rows)}u + thread) / ${CHUNK}u;
      let c = thread % ${CHUNK}u;
      ${name}[line * ${stride}u + c] = ${value};
    }`;

function text(spec: Spec, { rows }: Staged, caps: Caps): string {
  const { left, right, mask } = spec;
  const width = columns(spec);
  const apart = rows / 4;
  const four = (line: (r: number) => string, separator = "\n  ") => lines(4, line, separator);
  // Where rows differ in what they see, a value that is hidden from some may be anything: NaN or infinity times 0 is NaN.
  const hides = left || right || !!mask;
  const value = (u: number) => `select(v${u}, vec4f(), part[${u}] == 0.0)`;
  const times = (w: number, of: (u: number) => string) =>
    four((r) => `{ let part = weights_of(y, ${r}u, kk); o${r}_${w} += mat4x4f(${lines(4, of, ", ")}) * part; }`, "\n        ");
  const inWindow = `vec4<bool>(${lines(4, (u) => `key + ${u}u >= range.x && key + ${u}u < range.y`, ", ")})`;
  return wgsl`
const ROWS = ${rows}u;
const KEYS = ${KEYS}u;
// q, and after the scores their weights; k, and after the scores v.
var<workgroup> tile_q: array<vec4f, ${LINE * rows}>;
var<workgroup> tile_k: array<vec4f, ${LINE * KEYS}>;
var<workgroup> across: array<vec4f, ${threads(rows)}>;
${functions(spec, false)}
${store(spec, caps)}
${weight("vec4f", "vec4u")}

fn weights_of(y: u32, r: u32, kk: u32) -> vec4f { return tile_q[(y + r * ${apart}u) * ${LINE}u + kk]; }

@compute @workgroup_size(${threads(rows)})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let x = thread % ${ACROSS}u;
  let y = thread / ${ACROSS}u;
  ${tileOf("ROWS")}
  let length = length_of(b);
  let blocks = (p.d + 3u) / 4u;
  let chunks = (blocks + ${CHUNK - 1}u) / ${CHUNK}u;
  let blocks_v = (p.dv + 3u) / 4u;
  // This thread's rows.
  ${four((r) => `let own${r} = min(row0 + y + ${r * apart}u, rows - 1u); let i${r} = own${r} / p.group; let h${r} = head * p.group + own${r} % p.group; let position${r} = position(i${r}, length);`)}
  // The keys that some row of the tile sees, and among them those that all rows see.
  let last = min(row0 + ROWS, rows) - 1u;
  let low = window(position(row0 / p.group, length), length);
  let high = window(position(last / p.group, length), length);
  var top = vec4f(${four((r) => start(spec, `h${r}`).top, ", ")});
  // Of this thread's keys; a sink counts once.
  var sum = vec4f(select(0.0, ${start(spec).sum}, x == 0u));
  ${four((r) => lines(width, (w) => `var o${r}_${w} = vec4f();`, " "))}
  for (var turn = 0u; turn < ${CAP}; turn++) {
    let key0 = low.x + turn * KEYS;
    if (key0 >= high.y) { break; }
    ${four((r) => `var s${r} = vec4f();`, " ")}
    for (var chunk = 0u; chunk < ${CAP}; chunk++) {
      if (chunk >= chunks) { break; }
      let mine = chunk * ${CHUNK}u + thread % ${CHUNK}u;
      let at = min(mine, blocks - 1u);
      let inside = mine < blocks;
      workgroupBarrier();
      ${fill("tile_q", rows, rows, LINE, "select(vec4f(), q4(query_of(b, head, min(row0 + line, rows - 1u)), at), inside)", caps)}
      // Key 4x + u lies in line 8u + x: the lines that neighbours read lie in neighbouring banks.
      ${fill("tile_k", KEYS, rows, LINE, `select(vec4f(), k4(key_row(b, head, min(key0 + line % ${ACROSS}u * 4u + line / ${ACROSS}u, high.y - 1u)), at), inside)`, caps)}
      workgroupBarrier();
      ${turns("c", CHUNK, caps, "p.s")}
        let keys = mat4x4f(${lines(4, (u) => `tile_k[(${u * ACROSS}u + x) * ${LINE}u + c]`, ", ")});
        ${four((r) => `s${r} += tile_q[(y + ${r * apart}u) * ${LINE}u + c] * keys;`, "\n        ")}
      }
    }
    let key = key0 + 4u * x;
    ${four(
      (r) =>
        `{ let range = ${left || right ? `window(position${r}, length)` : "vec2u(low.x, high.y)"};
      s${r} = select(vec4f(HIDDEN), vec4f(${lines(4, (u) => `score(s${r}[${u}], b, h${r}, i${r}, min(key + ${u}u, high.y - 1u), position${r})`, ", ")}), ${inWindow}); }`,
      "\n    ",
    )}
    across[thread] = vec4f(${four((r) => `max(max(s${r}.x, s${r}.y), max(s${r}.z, s${r}.w))`, ", ")});
    workgroupBarrier();
    var most = top;
    ${turns("n", ACROSS, caps, "p.s")} most = max(most, across[y * ${ACROSS}u + n]); }
    let old = exp2(top - most);
    top = most;
    ${four((r) => `let w${r} = select(weight(s${r} - most[${r}]), vec4f(), s${r} == vec4f(HIDDEN)); tile_q[(y + ${r * apart}u) * ${LINE}u + x] = w${r};`, "\n    ")}
    sum = sum * old + vec4f(${four((r) => `(w${r}.x + w${r}.y) + (w${r}.z + w${r}.w)`, ", ")});
    ${four((r) => lines(width, (w) => `o${r}_${w} *= old[${r}];`, " "), "\n    ")}
    ${hides && !mask ? "let hides = key0 < high.x || key0 + KEYS > low.y;" : ""}
    ${lines(
      width,
      (w) => wgsl`${w ? "workgroupBarrier();" : ""}
    ${fill("tile_k", KEYS, rows, CHUNK, `select(vec4f(), v4(key_row(b, head, min(key0 + line, high.y - 1u)), min(${w * CHUNK}u + c, blocks_v - 1u)), key0 + line < high.y)`, caps)}
    workgroupBarrier();
    ${turns("kk", KEYS / 4, caps, "p.s")}
      ${lines(4, (u) => `let v${u} = tile_k[(4u * kk + ${u}u) * ${CHUNK}u + x];`, " ")}
      ${mask ? times(w, value) : hides ? `if (hides) {\n        ${times(w, value)}\n      } else {\n        ${times(w, (u) => `v${u}`)}\n      }` : times(w, (u) => `v${u}`)}
    }`,
      "\n    ",
    )}
  }
  workgroupBarrier();
  across[thread] = sum;
  workgroupBarrier();
  sum = vec4f();
  ${turns("n", ACROSS, caps, "p.s")} sum += across[y * ${ACROSS}u + n]; }
  let inverse = select(1.0 / sum, vec4f(), sum == vec4f());
  ${four((r) => `if (row0 + y + ${r * apart}u <= last) { let at = out_row(b, h${r}, i${r}); ${lines(width, (w) => `put(at, ${w * ACROSS}u + x, o${r}_${w} * inverse[${r}]);`, " ")} ${spec.lse ? `if (x == 0u) { put_lse((b * p.heads + h${r}) * p.s + i${r}, top[${r}], sum[${r}]); }` : ""} }`)}
}

fn query_of(b: u32, head: u32, n: u32) -> u32 { return query_row(b, head * p.group + n % p.group, n / p.group); }
`;
}
