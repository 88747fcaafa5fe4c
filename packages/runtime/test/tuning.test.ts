// Tune tables without a GPU: which entry a problem gets, and what becomes of tables that nobody should trust.
import { type Caps, choiceOn, choose, defineKernel, type Kernel, maskCaps, variantsOf } from "@tilewright/runtime";
import type { AnyKernel } from "@tilewright/runtime/cases";
import { adapterKey, FAR, mergeTuning, TUNING_SCHEMA, type TuneEntry, type TuneTable, useTuning } from "@tilewright/runtime/tune";
import { describe, expect, test } from "vitest";
import { bucketOf, distance, dtypesOf } from "../src/tuning.ts";
import { exact } from "./kernels.ts";

const variant = (name: string, threads: readonly number[]) => ({
  name,
  tiles: threads.map((t) => ({ threads: t })),
  needs: ({ threads: t }: { threads: number }) => ({ invocations: t }),
  when: () => true,
  workgroups: () => 1,
  wgsl: () => "",
});

/** A kernel that only chooses. */
const pick = defineKernel({
  name: "pick",
  operands: { x: "in", bias: "in?", y: "out" },
  params: { n: "u32", k: "u32", alpha: "f32" },
  resolve: ({ x, bias }, { flip = false, alpha = 1, kind }: { flip?: boolean; alpha?: number; kind?: string }) => ({
    params: { n: x.shape[0]!, k: x.shape[1]!, alpha },
    spec: { flip, bias: !!bias, kind },
    outputs: { y: x },
  }),
  variants: [variant("plain", [64]), variant("wide", [64, 128, 512])],
  proof: async () => ({
    reference: (_, { x }) => ({ y: Float64Array.from(x) }),
    bound: (_, __, reference) => exact(reference),
  }),
  cost: () => ({ flops: 1, bytes: 1 }),
});
const any = pick as unknown as AnyKernel;

const fake = (): GPUDevice =>
  ({
    limits: { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 32768 },
    features: new Set(["subgroups"]),
    adapterInfo: { vendor: "acme", architecture: "one", description: "Acme One" },
    lost: new Promise(() => {}),
  }) as unknown as GPUDevice;

const problem = (n: number, k: number, options = {}, dtype: "f32" | "f16" = "f32", bias = false) =>
  any.problem({ x: { shape: [n, k], dtype }, ...(bias && { bias: { shape: [k], dtype } }) }, options);

const entry = (bucket: TuneEntry["bucket"], name: string, threads: number): TuneEntry => ({
  bucket,
  variant: name,
  tile: { threads },
  ms: 1,
  standard: { variant: "plain", tile: { threads: 64 }, ms: 2 },
});

const tableOf = (device: GPUDevice, list: readonly TuneEntry[], types = "f32,f32"): TuneTable => ({
  schema: TUNING_SCHEMA,
  adapter: adapterKey(device),
  kernels: { pick: { [types]: list } },
});

describe("buckets", () => {
  test("sizes to the nearest power of two, ones left out; spec without what is false; dtypes of required operands", () => {
    const kernel = any as Kernel<never> as never;
    expect(bucketOf(kernel, problem(384, 510, { flip: true, alpha: 3 }))).toEqual({ n: 512, k: 512, flip: true });
    expect(bucketOf(kernel, problem(384, 510), true)).toEqual({ n: 384, k: 510 });
    expect(bucketOf(kernel, problem(1, 0, { kind: "soft" }, "f32", true))).toEqual({ k: 0, kind: "soft", bias: true });
    expect(dtypesOf(kernel, problem(4, 4, {}, "f16", true))).toBe("f16,f16");
  });

  test("a kernel may name what matters", () => {
    const named = { ...any, tuneBy: { params: ["n"], spec: ["flip"] } } as never;
    expect(bucketOf(named, problem(7, 9, { flip: true }, "f32", true))).toEqual({ n: 8, flip: true });
  });

  test("distance: binary logarithms of sizes, one for a flag, NaN for nonsense", () => {
    expect(distance({ m: 512, n: 512, k: 512 }, { m: 256, n: 256, k: 256 })).toBeCloseTo(Math.sqrt(3));
    expect(distance({ m: 4 }, {})).toBe(2); // what is left out is 1
    expect(distance({ m: 0 }, { m: 1 })).toBe(1);
    expect(distance({ m: 8, transB: true }, { m: 8, activation: "relu" })).toBe(2);
    expect(distance({ kind: "a" }, { kind: "b" })).toBe(1);
    expect(distance({ m: "8" }, { m: 8 })).toBeNaN();
  });
});

describe("useTuning", () => {
  const chosen = async (device: GPUDevice, at: ReturnType<typeof problem>, own = {}) => {
    const { variant: v, tile } = await choose(
      any,
      at,
      { maxInvocations: 256, maxWorkgroupBytes: 32768 } as Caps,
      await choiceOn(device, any, at, own),
    );
    return `${v.name} ${tile["threads"]}`;
  };

  test("without a table the kernel's own choice, with one the nearest bucket's, and what the caller says before both", async () => {
    const device = fake();
    const at = problem(512, 512);
    expect(await chosen(device, at)).toBe("plain 64");
    const { entries, notes } = useTuning(
      device,
      tableOf(device, [entry({ n: 64, k: 64 }, "wide", 64), entry({ n: 1024, k: 512 }, "wide", 128)]),
    );
    expect([entries, notes]).toEqual([2, []]);
    expect(await chosen(device, at)).toBe("wide 128");
    expect(await chosen(device, problem(100, 100))).toBe("wide 64");
    expect(await chosen(device, at, { variant: "plain" })).toBe("plain 64");
    expect(await chosen(device, at, { variant: "wide" })).toBe("wide 64"); // its own first tile
    expect(await chosen(device, at, { tile: { threads: 64 } })).toBe("plain 64");
    useTuning(device, undefined);
    expect(await chosen(device, at)).toBe("plain 64");
  });

  test("too far, or of another dtype: not used", async () => {
    const device = fake();
    useTuning(device, tableOf(device, [entry({ n: 512, k: 512 }, "wide", 128)]));
    expect(await chosen(device, problem(2048, 512))).toBe("wide 128"); // exactly at the limit
    expect(distance({ n: 2048 }, { n: 512 })).toBe(FAR);
    expect(await chosen(device, problem(2049, 512))).toBe("plain 64");
    expect(await chosen(device, problem(512, 512, { flip: true }, "f32", true))).toBe("wide 128");
    expect(await chosen(device, problem(512, 512, { flip: true, kind: "x" }, "f32", true))).toBe("plain 64");
    expect(await chosen(device, problem(512, 512, {}, "f16"))).toBe("plain 64");
  });

  test("of equally near entries the first; one that the device cannot run gives way to the next", async () => {
    const device = fake();
    const two = [entry({ n: 256, k: 256 }, "wide", 128), entry({ n: 256, k: 256 }, "wide", 64)];
    useTuning(device, tableOf(device, two));
    expect(await chosen(device, problem(256, 256))).toBe("wide 128");
    useTuning(device, tableOf(device, [entry({ n: 256, k: 256 }, "wide", 512), entry({ n: 512, k: 512 }, "wide", 128)]));
    expect(await chosen(device, problem(256, 256))).toBe("wide 128");
  });

  test("a table of another adapter leaves everything as it was, and says so", async () => {
    const device = fake();
    useTuning(device, tableOf(device, [entry({ n: 256, k: 256 }, "wide", 128)]));
    const other = { ...tableOf(device, [entry({ n: 256, k: 256 }, "wide", 64)]), adapter: "somebody else" };
    const { entries, notes } = useTuning(device, other);
    expect(entries).toBe(0);
    expect(notes).toEqual([
      expect.stringMatching(/ignored: it is for "somebody else", and this is "acme one Acme One; subgroups; 256/),
    ]);
    expect(await chosen(device, problem(256, 256))).toBe("wide 128");
  });

  test("the same adapter with less is another", () => {
    const device = fake();
    const table = tableOf(device, [entry({ n: 256, k: 256 }, "wide", 128)]);
    maskCaps(device, { subgroups: false });
    expect(useTuning(device, table).notes.length).toBe(1);
  });

  test.for<[string, unknown]>([
    ["null", null],
    ["a list", []],
    ["text", "tilewright-tuning/1"],
    ["another version", { schema: "tilewright-tuning/2", adapter: "", kernels: {} }],
    ["no kernels", { schema: TUNING_SCHEMA, adapter: "" }],
  ])("what is no table, %s, is ignored with a note", async ([, table]) => {
    const device = fake();
    const { entries, notes } = useTuning(device, table as TuneTable);
    if (table) expect(notes.join()).toMatch(/schema/);
    expect(entries).toBe(0);
    expect(await chosen(device, problem(256, 256))).toBe("plain 64");
  });

  test("malformed and stale entries are ignored with a note each, the others used", async () => {
    const device = fake();
    const good = entry({ n: 256, k: 256 }, "wide", 128);
    const list = [
      null,
      7,
      "wide",
      {},
      { ...good, tile: null },
      { ...good, bucket: [] },
      { ...good, variant: 3 },
      { ...good, variant: "gone" },
      { ...good, tile: { threads: 96 } },
      { ...good, tile: { constructor: 1 } },
      { ...good, tile: { threads: "128" } },
      { ...good, bucket: { n: "256", k: {} } }, // sound enough, and near nothing
      good,
    ] as unknown as TuneEntry[];
    const table = JSON.parse(JSON.stringify(tableOf(device, list))) as TuneTable;
    const eager = useTuning(device, table, [any]);
    expect(eager.entries).toBe(5); // names are checked at once, tiles when their variant is fetched
    expect(eager.notes.filter((note) => note.includes("malformed")).length).toBe(7);
    const gone = () => eager.notes.filter((note) => note.includes("has no variant"));
    expect(gone()).toEqual([expect.stringContaining('"gone"')]);
    const kept = await choiceOn(device, any, problem(256, 256));
    expect(gone().length).toBe(3);
    expect((await variantsOf(any))[1]!.tiles).toContain(kept.tile); // "128" shows as 128 does, and what is used is the kernel's own tile

    const lazy = useTuning(device, table); // knows no kernels: stale ones are noted when met
    expect(lazy.notes.length).toBe(7);
    expect(await chosen(device, problem(256, 256))).toBe("wide 128");
    expect(lazy.notes.length).toBe(10); // those before the first that can be used
    await chosen(device, problem(256, 256));
    expect(lazy.notes.length).toBe(10); // once each
  });

  test("entries of a kernel that is not there, and lists that are none", () => {
    const device = fake();
    const table = { ...tableOf(device, []), kernels: { other: { f32: [entry({}, "wide", 64)] }, pick: { "f32,f32": 3 } } };
    const { entries, notes } = useTuning(device, table as unknown as TuneTable, [any]);
    expect(entries).toBe(0);
    expect(notes.join("\n")).toMatch(/no kernel "other"[\s\S]*pick for f32,f32: an entry is ignored, being malformed/);
  });
});

describe("mergeTuning", () => {
  const device = fake();
  const old = tableOf(device, [entry({ n: 256 }, "wide", 64), entry({ n: 512 }, "wide", 64)]);

  test("the newer's entry where both have a bucket; neither is changed", () => {
    const before = JSON.stringify(old);
    const merged = mergeTuning(old, tableOf(device, [entry({ n: 512 }, "wide", 128)]));
    expect(merged.kernels["pick"]!["f32,f32"]!.map(({ bucket, tile }) => [bucket["n"], tile["threads"]])).toEqual([
      [256, 64],
      [512, 128],
    ]);
    expect(JSON.stringify(old)).toBe(before);
  });

  test("other dtypes stand side by side; another adapter's table is dropped", () => {
    const half = tableOf(device, [entry({ n: 256 }, "wide", 128)], "f16,f16");
    expect(Object.keys(mergeTuning(old, half).kernels["pick"]!)).toEqual(["f32,f32", "f16,f16"]);
    const other = { ...half, adapter: "else" };
    expect(mergeTuning(old, other)).toBe(other);
    expect(mergeTuning(undefined, half)).toBe(half);
  });
});
