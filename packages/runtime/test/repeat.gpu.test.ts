// Passes that repeat, a param counting: they take turns, and every turn sees its own step, twice in one submit and in a program.
import { defineKernel, type Pass, program, type Tile, wgsl } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { byHand, vector } from "./by-hand.ts";
import { bytes, exact, flat, groupsOf, START } from "./kernels.ts";

type P = "n" | "times" | "step";
interface Spec {
  readonly halved: boolean;
}
type Some = Pass<P, Spec, Tile>;

const each = (uses: string[], line: string, more: Partial<Some> = {}): Some => ({
  uses: () => uses,
  workgroups: ({ params: { n } }) => groupsOf(n),
  wgsl: () => wgsl`
${START}
  if (i >= p.n) { return; }
  ${line}
}
`,
  ...more,
});
const repeat: Some["repeat"] = { param: "step", times: ({ params: { times } }) => times };

/** y = x; then `times` times y = 2y + step + 1; then y / 2 where `halved`. */
const doubled = defineKernel({
  name: "doubled",
  operands: { x: "in", y: "out" },
  params: { n: "u32", times: "u32", step: "u32" },
  resolve: ({ x }, { times, halved = false }: { times: number; halved?: boolean }) => ({
    params: { n: x.shape[0]!, times, step: 0 },
    spec: { halved },
    outputs: { y: { shape: x.shape, dtype: "f32" } },
  }),
  variants: [
    {
      ...flat,
      name: "turns",
      scratch: ({ params: { n } }) => ({
        one: { shape: [n], dtype: "f32" as const },
        two: { shape: [n], dtype: "f32" as const },
      }),
      passes: [
        each(["x", "one"], "store_one(i, load_x(i));"),
        each(["one", "two"], "store_two(i, 2.0 * load_one(i));", { repeat }),
        each(["one", "two"], "store_one(i, load_two(i) + f32(p.step) + 1.0);", { repeat }),
        each(["one"], "store_one(i, load_one(i) / 2.0);", { skip: ({ halved }) => !halved }),
        each(["one", "y"], "store_y(i, load_one(i));"),
      ],
    },
  ],
  proof: async () => ({
    reference: ({ params: { times }, spec: { halved } }, { x }) => ({
      y: Float64Array.from(x, (start) => {
        let y = start;
        for (let step = 0; step < times; step++) y = 2 * y + step + 1;
        return halved ? y / 2 : y;
      }),
    }),
    bound: (_, __, reference) => exact(reference),
  }),
  cost: ({ types }) => ({ flops: 0, bytes: bytes(types) }),
});

const device = await laneDevice();
const { own, read, submit } = byHand(device);

test.for([
  { times: 0, want: [1, 2] },
  { times: 3, want: [19, 27] },
  { times: 3, halved: true, want: [9.5, 13.5] },
])("$times times, halved $halved", async ({ want, ...options }) => {
  const plan = await doubled.plan(device, { x: vector(2) }, options);
  const [x, y, z] = [own([1, 2]), own([0, 0]), own([0, 0])];
  await submit((pass) => {
    plan.record(pass, { x, y });
    plan.record(pass, { x: y, y: z });
  });
  expect(await read(y)).toEqual(want);
  const twice = (await doubled.proof()).reference(doubled.problem({ x: vector(2) }, options), { x: want });
  expect(await read(z)).toEqual([...twice.y]);
  plan.destroy();
});

test("in a program", async () => {
  const p = program(device);
  const x = p.input("x", vector(2));
  const y = p.call(doubled, { x: p.call(doubled, { x }, { times: 3 }) }, { times: 2 });
  const net = await p.compile({ y });
  expect(net.dispatches.length).toBe(1 + 2 * 3 + 1 + (1 + 2 * 2 + 1));
  const { y: got } = await net.run({ x: { data: [1, 2], shape: [2] } });
  expect([...got.data]).toEqual([80, 112]);
  net.destroy();
  p.destroy();
});
