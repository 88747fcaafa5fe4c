// Updates into a tensor, the same bits every time: whoever owns an element of the result applies its updates in their order. No atomics.
import {
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  type Problem,
  showShape,
  sizeOf,
  type TensorType,
  type Variant,
  wgsl,
} from "@tilewright/runtime";
import { CAP } from "./frame.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { each } from "./variants/each.ts";

/** What an update does to the element it meets; of several with `none` the last counts. */
export type ScatterReduction = "none" | "add" | "mul" | "min" | "max";

export interface ScatterOptions {
  /** Default "none". */
  reduction?: ScatterReduction | undefined;
}
export interface ScatterElementsOptions extends ScatterOptions {
  /** Default 0. */
  axis?: number | undefined;
}
export interface SegmentSumOptions {
  /** How many segments there are. */
  segments: number;
}

interface ScatterSpec {
  readonly reduction: ScatterReduction;
  readonly dtype: DType;
}

const REDUCTIONS: readonly ScatterReduction[] = ["none", "add", "mul", "min", "max"];

/** `combine(a, b)`: a with the update b; NaN comes through. */
function combine({ reduction, dtype }: ScatterSpec): string {
  const S = dtype === "f16" ? "f32" : dtype;
  const compare = (sign: string) =>
    S === "f32"
      ? `select(select(b, a, a ${sign} b), a + b, ((bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u) | ((bitcast<u32>(b) & 0x7fffffffu) > 0x7f800000u))`
      : `select(b, a, a ${sign} b)`;
  const body = { none: "b", add: "a + b", mul: "a * b", min: compare("<"), max: compare(">") }[reduction];
  return `alias S = ${S};\nfn combine(a: S, b: S) -> S { return ${body}; }`;
}

/** The same over an arithmetic; integers wrap. */
function combined<N>(f: Arithmetic<N>, { reduction, dtype }: ScatterSpec, a: N, b: N): N {
  const [x, y] = [f.value(a), f.value(b)];
  if (reduction === "none") return b;
  if (reduction === "min" || reduction === "max") {
    if (Number.isNaN(x)) return a;
    return Number.isNaN(y) || (reduction === "min" ? y <= x : y >= x) ? b : a;
  }
  if (dtype === "f32" || dtype === "f16") return reduction === "add" ? f.add(a, b) : f.mul(a, b);
  const whole = reduction === "add" ? x + y : Math.imul(x, y);
  return f.of(dtype === "i32" ? whole | 0 : whole >>> 0);
}

function checked(
  name: string,
  { reduction = "none", ...unknown }: ScatterOptions,
  known: string,
  types: Readonly<Record<"data" | "indices" | "updates", TensorType>>,
) {
  for (const key in unknown) fail(name, "feature", `there is no option ${key}; there are ${known}.`);
  if (!REDUCTIONS.includes(reduction)) fail(name, "feature", `reduction is "${reduction}"; it may be ${REDUCTIONS.join(", ")}.`);
  const { data, indices, updates } = types;
  if (indices.dtype !== "i32" && indices.dtype !== "u32")
    fail(name, "dtype", `indices are ${indices.dtype}; needed is i32 or u32.`);
  if (updates.dtype !== data.dtype) fail(name, "dtype", `updates are ${updates.dtype}; needed is data's ${data.dtype}.`);
  return { reduction, dtype: data.dtype } satisfies ScatterSpec;
}

const bytes = (types: Readonly<Record<string, TensorType>>) => Object.values(types).reduce((all, type) => all + sizeOf(type), 0);
const OPERANDS = { data: "in", indices: "in", updates: "in", y: "out" } as const;

/** An index counted from the end where it is negative; outside it is met by nothing. */
const wrapped = (i: number, size: number) => (i < 0 ? i + size : i);

/** Sizes of data and indices from the innermost dimension, at most 6. */
type ElementsParam = "count" | "axisSize" | "d0" | "d1" | "d2" | "d3" | "d4" | "d5" | "i0" | "i1" | "i2" | "i3" | "i4" | "i5";
interface ElementsSpec extends ScatterSpec {
  readonly rank: number;
  /** From the innermost. */
  readonly axis: number;
}
type ElementsProblem = Problem<ElementsParam, ElementsSpec>;

/**
 * y is data, in which each update replaces (or is added to …) the element that has its own coordinates but, along the axis, its index. Indices and updates have one
 * shape, no larger than data's but along the axis; negative indices count from the end.
 */
export const scatterElements: Kernel<typeof OPERANDS, ElementsParam, ScatterElementsOptions, ElementsSpec> =
  /* @__PURE__ */ defineKernel({
    name: "scatterElements",
    operands: OPERANDS,
    params: {
      ...{ count: "u32", axisSize: "u32", d0: "u32", d1: "u32", d2: "u32", d3: "u32", d4: "u32", d5: "u32" },
      ...{ i0: "u32", i1: "u32", i2: "u32", i3: "u32", i4: "u32", i5: "u32" },
    },

    resolve({ data, indices, updates }, { axis: wanted = 0, ...options }: ScatterElementsOptions) {
      const name = "scatterElements";
      const spec = checked(name, options, "axis, reduction", { data, indices, updates });
      const rank = data.shape.length;
      const axis = wanted < 0 ? wanted + rank : wanted;
      if (rank < 1 || rank > 6) fail(name, "limit", `data is ${showShape(data.shape)}; ranks 1 to 6 are built.`);
      if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
        fail(name, "shape", `axis ${wanted} is not there; data has rank ${rank}.`);
      const fits = indices.shape.length === rank && indices.shape.every((d, i) => i === axis || d <= data.shape[i]!);
      if (!fits || `${indices.shape}` !== `${updates.shape}`)
        fail(
          name,
          "shape",
          `indices are ${showShape(indices.shape)} and updates ${showShape(updates.shape)}; needed is one shape, no larger than data's ${showShape(data.shape)} but along axis ${axis}.`,
        );
      const inward = (shape: readonly number[]) => [...shape].reverse();
      const [d0 = 1, d1 = 1, d2 = 1, d3 = 1, d4 = 1, d5 = 1] = inward(data.shape);
      const [i0 = 1, i1 = 1, i2 = 1, i3 = 1, i4 = 1, i5 = 1] = inward(indices.shape);
      return {
        params: { count: countOf(data.shape), axisSize: data.shape[axis]!, d0, d1, d2, d3, d4, d5, i0, i1, i2, i3, i4, i5 },
        spec: { ...spec, rank, axis: rank - 1 - axis } satisfies ElementsSpec,
        outputs: { y: data },
      };
    },

    variants: [
      each<ElementsSpec, ElementsParam>({
        four: () => false,
        half: ({ dtype }) => dtype === "f16",
        lanes: () => ({}),
        count: "p.count",
        text: (spec) => {
          const { rank, axis } = spec;
          const walk = Array.from({ length: rank }, (_, d) => {
            const at = d < rank - 1 ? `rest % p.d${d}` : "rest";
            const step = Array.from({ length: d }, (_, k) => `p.i${k}`).join(" * ") || "1u";
            const next = d < rank - 1 ? ` rest /= p.d${d};` : "";
            if (d === axis) return `let mine = i32(${at}); let stride = ${step};${next}`;
            return `inside = inside && ${at} < p.i${d}; start += (${at}) * ${step};${next}`;
          });
          return wgsl`${combine(spec)}
// Updates that may meet element i stand in one line along the axis.
fn element(i: u32) -> S {
  var v = load_data(i);
  var rest = i; var start = 0u; var inside = true;
  ${walk.join("\n  ")}
  if (!inside) { return v; }
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= p.i${axis}) { break; }
    let at = start + k * stride;
    let index = i32(load_indices(at));
    if (select(index, index + i32(p.axisSize), index < 0) == mine) { v = combine(v, load_updates(at)); }
  }
  return v;
}`;
        },
      }),
    ],

    ...prove<ElementsParam, ElementsSpec, "y">(
      <N>(f: Arithmetic<N>, { params, spec, types }: ElementsProblem, at: (operand: string, i: number) => N) => {
        const y = Array.from({ length: params.count }, (_, i) => at("data", i));
        const { shape } = types["data"]!;
        const from = types["indices"]!.shape;
        const axis = spec.rank - 1 - spec.axis;
        for (let u = 0; u < countOf(from); u++) {
          let [rest, target, step] = [u, 0, 1];
          let met = true;
          for (let d = shape.length - 1; d >= 0; d--) {
            const own = rest % from[d]!;
            const index = d === axis ? wrapped(f.value(at("indices", u)), shape[d]!) : own;
            if (index < 0 || index >= shape[d]!) met = false;
            target += index * step;
            step *= shape[d]!;
            rest = (rest - own) / from[d]!;
          }
          if (met) y[target] = combined(f, spec, y[target]!, at("updates", u));
        }
        return { y };
      },
    ),

    cost: ({ types }) => ({ flops: countOf(types["updates"]!.shape), bytes: bytes(types) }),
  });

/** `updates` slices of `size` elements, each to one of `slots`; an index tuple's digits count by s0 (the last), s1 … */
type SliceParam = "count" | "size" | "updates" | "slots" | "s0" | "s1" | "s2" | "s3" | "s4" | "s5";
interface SliceSpec extends ScatterSpec {
  /** How many indices name a slot. */
  readonly tuple: number;
  /** Without data: all zeros. */
  readonly zeros: boolean;
  /** Negative indices count from the end; else they meet nothing. */
  readonly negative: boolean;
}
type SliceProblem = Problem<SliceParam, SliceSpec>;

/** `slot_of(u)`: where update u goes, or `slots` where it goes nowhere. */
function slots({ tuple, negative }: SliceSpec): string {
  const digits = Array.from({ length: tuple }, (_, d) => {
    const size = `p.s${d}`;
    return `digit = i32(load_indices(u * ${tuple}u + ${tuple - 1 - d}u)); ${negative ? `digit = select(digit, digit + i32(${size}), digit < 0); ` : ""}inside = inside && digit >= 0 && digit < i32(${size}); slot += u32(digit) * step; step *= ${size};`;
  });
  return wgsl`fn slot_of(u: u32) -> u32 {
  var slot = 0u; var step = 1u; var inside = true; var digit = 0i;
  ${digits.join("\n  ")}
  return select(p.slots, slot, inside);
}`;
}

const own = ({ zeros }: SliceSpec) => (zeros ? "S()" : "load_data(i)");

/** Every element looks at every update: for few of them. */
const loop = /* @__PURE__ */ each<SliceSpec, SliceParam>({
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "p.count",
  text: (spec) => wgsl`${combine(spec)}
${slots(spec)}
fn element(i: u32) -> S {
  var v = ${own(spec)};
  let slot = i / p.size;
  for (var u = 0u; u < ${CAP}; u++) {
    if (u >= p.updates) { break; }
    if (slot_of(u) == slot) { v = combine(v, load_updates(u * p.size + i % p.size)); }
  }
  return v;
}`,
});

const MAIN =
  "@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32";
const chain = /* @__PURE__ */ each<SliceSpec, SliceParam>({
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "p.count",
  text: (spec) => wgsl`${combine(spec)}
fn element(i: u32) -> S {
  var v = ${own(spec)};
  var u = load_first(i / p.size);
  for (var k = 0u; k < ${CAP}; k++) {
    if (u >= p.updates) { break; }
    v = combine(v, load_updates(u * p.size + i % p.size));
    u = load_next(u);
  }
  return v;
}`,
});

/**
 * Many updates are first strung into a chain for each slot: nobody's first update (pass 1), then every update looks for the next one of its slot and whether it is the first
 * (pass 2, integers only, whatever the size of slices), then every element walks its slot's chain (pass 3).
 */
const linked: Variant<SliceParam, SliceSpec, { threads: number }> = {
  name: "linked",
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: ({ params }) => params.updates > 16,
  scratch: ({ params }) => ({
    first: { shape: [Math.max(params.slots, 1)], dtype: "u32" },
    next: { shape: [Math.max(params.updates, 1)], dtype: "u32" },
  }),
  passes: [
    {
      uses: () => ["first"],
      workgroups: ({ params }, { threads }) => Math.ceil(params.slots / threads),
      wgsl: (_, { threads }) => wgsl`@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let slot = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (slot < p.slots) { store_first(slot, p.updates); }
}
`,
    },
    {
      uses: () => ["indices", "first", "next"],
      workgroups: ({ params }, { threads }) => Math.ceil(params.updates / threads),
      wgsl: (spec, { threads }) => wgsl`${slots(spec)}
@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let u = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (u >= p.updates) { return; }
  let slot = slot_of(u);
  var next = u + 1u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (next >= p.updates || slot_of(min(next, p.updates - 1u)) == slot) { break; }
    next++;
  }
  store_next(u, next);
  var before = u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (before == 0u) { break; }
    before--;
    if (slot_of(before) == slot) { return; }
  }
  if (slot < p.slots) { store_first(slot, u); }
}
`,
    },
    {
      uses: ({ zeros }) => [...(zeros ? [] : ["data"]), "updates", "y", "first", "next"],
      lanes: (spec, caps) => chain.lanes!(spec, caps),
      workgroups: ({ params }, { threads }) => Math.ceil(params.count / threads),
      wgsl: (spec, tile, caps) => chain.wgsl(spec, tile, caps),
    },
  ],
};

const SLICES = {
  count: "u32",
  size: "u32",
  updates: "u32",
  slots: "u32",
  s0: "u32",
  s1: "u32",
  s2: "u32",
  s3: "u32",
  s4: "u32",
  s5: "u32",
} as const;

const slices = {
  params: SLICES,
  variants: [linked, loop] as const,
  ...prove<SliceParam, SliceSpec, "y">(
    <N>(f: Arithmetic<N>, { params, spec }: SliceProblem, at: (operand: string, i: number) => N) => {
      const y = Array.from({ length: params.count }, (_, i) => (spec.zeros ? f.of(0) : at("data", i)));
      for (let u = 0; u < params.updates; u++) {
        let [slot, step] = [0, 1];
        let met = true;
        for (let d = 0; d < spec.tuple; d++) {
          const size = params[`s${d}` as SliceParam];
          const given = f.value(at("indices", u * spec.tuple + spec.tuple - 1 - d));
          const digit = spec.negative ? wrapped(given, size) : given;
          if (digit < 0 || digit >= size) met = false;
          slot += digit * step;
          step *= size;
        }
        for (let j = 0; met && j < params.size; j++)
          y[slot * params.size + j] = combined(f, spec, y[slot * params.size + j]!, at("updates", u * params.size + j));
      }
      return { y };
    },
  ),
  cost: ({ types }: SliceProblem) => ({ flops: countOf(types["updates"]!.shape), bytes: bytes(types) }),
};

const digits = (shape: readonly number[]) => {
  const [s0 = 1, s1 = 1, s2 = 1, s3 = 1, s4 = 1, s5 = 1] = [...shape].reverse();
  return { s0, s1, s2, s3, s4, s5 };
};

/**
 * y is data, in which each slice of updates replaces (or is added to …) the slice that its index tuple names. indices are [..., q], updates the dimensions before q and then data's behind the
 * first q; negative indices count from the end, others outside meet nothing.
 */
export const scatterND: Kernel<typeof OPERANDS, SliceParam, ScatterOptions, SliceSpec> = /* @__PURE__ */ defineKernel({
  name: "scatterND",
  operands: OPERANDS,
  ...slices,
  resolve({ data, indices, updates }, options: ScatterOptions) {
    const spec = checked("scatterND", options, "reduction", { data, indices, updates });
    const tuple = indices.shape.at(-1) ?? 0;
    if (indices.shape.length < 1 || tuple < 1 || tuple > Math.min(data.shape.length, 6))
      fail(
        "scatterND",
        "shape",
        `indices are ${showShape(indices.shape)}; needed is [..., q] with q from 1 to data's rank ${data.shape.length}, 6 at most.`,
      );
    const outer = data.shape.slice(0, tuple);
    const inner = data.shape.slice(tuple);
    const wanted = [...indices.shape.slice(0, -1), ...inner];
    if (`${updates.shape}` !== `${wanted}`)
      fail("scatterND", "shape", `updates are ${showShape(updates.shape)}; needed is ${showShape(wanted)}.`);
    return {
      params: {
        count: countOf(data.shape),
        size: countOf(inner),
        updates: countOf(indices.shape.slice(0, -1)),
        slots: countOf(outer),
        ...digits(outer),
      },
      spec: { ...spec, tuple, zeros: false, negative: true } satisfies SliceSpec,
      outputs: { y: data },
    };
  },
});

const SEGMENTS = { updates: "in", indices: "in", y: "out" } as const;

/** y[s] = Σ of the slices of `updates` [N, ...] whose index [N] is s; y is [segments, ...]. Indices outside are left out. */
export const segmentSum: Kernel<typeof SEGMENTS, SliceParam, SegmentSumOptions, SliceSpec> = /* @__PURE__ */ defineKernel({
  name: "segmentSum",
  operands: SEGMENTS,
  ...slices,
  resolve({ updates, indices }, { segments, ...unknown }: SegmentSumOptions) {
    const spec = checked("segmentSum", { reduction: "add", ...unknown }, "segments", { data: updates, indices, updates });
    const head = updates.shape.slice(0, indices.shape.length);
    if (!Number.isInteger(segments) || segments < 0)
      fail("segmentSum", "shape", `segments is ${segments}; needed is how many there are.`);
    if (`${head}` !== `${indices.shape}`)
      fail(
        "segmentSum",
        "shape",
        `indices are ${showShape(indices.shape)}; needed are the first dimensions of updates ${showShape(updates.shape)}.`,
      );
    const inner = updates.shape.slice(indices.shape.length);
    const size = countOf(inner);
    return {
      params: { count: segments * size, size, updates: countOf(indices.shape), slots: segments, ...digits([segments]) },
      spec: { ...spec, tuple: 1, zeros: true, negative: false } satisfies SliceSpec,
      outputs: { y: { shape: [segments, ...inner], dtype: updates.dtype } },
    };
  },
});
