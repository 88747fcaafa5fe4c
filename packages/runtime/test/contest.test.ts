// Who enters a contest, and in what order. No device.
import { BEST_CAPS, type Caps, defineKernel } from "@tilewright/runtime";
import type { AnyKernel } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";
import { candidatesOf, filled, nameOf } from "../src/contest.ts";
import { exact } from "./kernels.ts";

const variant = (name: string, tiles: readonly number[], when: (can: Caps) => boolean, workgroupBytes = 0) => ({
  name,
  tiles: tiles.map((threads) => ({ threads })),
  needs: ({ threads }: { threads: number }) => ({ invocations: threads, workgroupBytes }),
  when: (_: unknown, can: Caps) => when(can),
  workgroups: () => 1,
  wgsl: () => "",
});

const kernel = defineKernel({
  name: "some",
  operands: { x: "in", scale: "in?", y: "out" },
  params: { n: "u32" },
  resolve: ({ x }, _: object) => ({ params: { n: x.shape[0]! }, spec: {}, outputs: { y: x } }),
  variants: [
    variant("quad", [8, 16, 32], ({ software }) => software),
    variant("staged", [64, 512], ({ software }) => !software, 4096),
    variant("odd", [64], () => false),
    variant("direct", [64, 128], () => true),
  ],
  proof: async () => ({
    reference: (_, { x }) => ({ y: Float64Array.from(x) }),
    bound: (_, __, reference) => exact(reference),
  }),
  cost: () => ({ flops: 1, bytes: 1 }),
}) as unknown as AnyKernel;

const enter = async (can: Partial<Caps>) => {
  const problem = kernel.problem({ x: { shape: [4], dtype: "f32" } });
  const { standard, candidates } = await candidatesOf(kernel, problem, { ...BEST_CAPS, ...can });
  return { standard: nameOf(standard), all: candidates.map((c) => `${c.pruned ? "-" : ""}${nameOf(c)}`).join(", ") };
};

test("the kernel's own choice first, then first tiles, good choices before others; each class leaves out what does not suit it", async () => {
  expect(await enter({ software: true })).toEqual({
    standard: "quad 8",
    all: "quad 8, direct 64, -staged 64, odd 64, quad 16, direct 128, -staged 512, quad 32",
  });
  expect(await enter({})).toEqual({
    standard: "staged 64",
    all: "staged 64, direct 64, -quad 8, odd 64, staged 512, direct 128, -quad 16, quad 32",
  });
  expect((await enter({ vendor: "intel" })).all).toContain(", quad 16"); // its narrowest wave
});

test("what the device cannot run does not enter", async () => {
  expect((await enter({ maxInvocations: 64 })).all).toBe("staged 64, direct 64, -quad 8, odd 64, -quad 16, quad 32");
});

test("types alone are filled with seeded numbers, data is taken as it is", () => {
  const call = {
    inputs: { x: { shape: [5], dtype: "f32" }, y: { data: [1, 2], shape: [2] }, z: undefined },
    options: {},
  } as const;
  const { x, y, z } = filled(call).inputs;
  expect(y).toBe(call.inputs.y);
  expect(z).toBeUndefined();
  expect(x).toEqual(filled(call).inputs["x"]);
  expect(new Set(x!.data).size).toBe(5);
  for (const value of x!.data) expect(Math.abs(value)).toBeLessThan(1);
});
