// The independent check: a model's numbers against ONNX Runtime's on the CPU, for the same architecture written in ONNX operators.
import { compare, type Model, read } from "@tilewright/models";
import { decode, type HostTensor, type Result, type TensorType, tensor } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import { expect, inject } from "vitest";
import { anyValues, type Graph, graphOf } from "./graph.ts";

type Named<T> = Readonly<Record<string, T>>;
// What is asked of a model here; `Model` itself is invariant in its names.
export type AnyModel = Pick<Model, "name" | "parameters" | "destroy"> & {
  build(inputs: never): { readonly outputs: Readonly<Record<string, TensorType>> };
  run(inputs: never, how: { readonly device: GPUDevice } | { readonly on: "cpu" }): Promise<object>;
};

/** A model of ours, the same in ONNX operators, and what to ask both. The graph gives the names of outputs. */
export interface Pair {
  readonly model: AnyModel;
  readonly graph: (g: Graph) => Readonly<Record<string, string>>;
  readonly inputs: Named<HostTensor>;
  /** Makes what is run instead, with weights made of the model's. */
  readonly made?: (model: AnyModel) => Promise<AnyModel>;
  /** Of the weights. Default 1. */
  readonly seed?: number;
}

/** The largest error, of each output's largest number. */
const RELATIVE = 1e-4;

/** Gives a model random weights, also where they would begin as zeros or ones. */
export async function randomise({ parameters }: Pick<Model, "parameters">, seed = 1): Promise<ReadonlyMap<string, HostTensor>> {
  const next = random(seed);
  for (const parameter of parameters.values())
    parameter.value = tensor(anyValues(parameter.name, parameter, next), parameter.shape);
  return new Map(
    await Promise.all([...parameters.values()].map(async (parameter) => [parameter.name, await read(parameter)] as const)),
  );
}

/**
 * Every output that the graph gives, of a model with random weights, within 1e-4 of the output's scale. A page cannot run ONNX Runtime on the
 * CPU: there the other side is the CPU run, which Node holds against it. On a device every call is held against its kernel's own bound, too.
 */
export async function check(pair: Pair, how: { readonly device: GPUDevice } | { readonly on: "cpu" }): Promise<void> {
  const { model } = pair;
  const inputs = Object.fromEntries(
    Object.entries(pair.inputs).map(([name, one]) => [name, tensor(one.data as number[], one.shape, one.dtype)]),
  );
  const types = Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const { outputs } = model.build(types as never);
  const weights = await randomise(model, pair.seed);
  const theirs = inject("lane") === "chrome" ? undefined : await independently(pair, weights, inputs, outputs);
  const asked = pair.made ? await pair.made(model) : model;
  const ours = (await asked.run(inputs as never, how)) as Named<Result>;
  const wanted = theirs ?? ((await model.run(inputs as never, { on: "cpu" })) as Named<Result>);
  expect(Object.keys(wanted).length).toBeGreaterThan(0);
  for (const [name, one] of Object.entries(wanted)) expectNear(name, ours[name]!, one);
  if ("device" in how && !pair.made) {
    const { first } = await compare(model as unknown as Model, inputs as never, how);
    expect(first, "the first call outside its kernel's bound").toBeUndefined();
  }
  for (const one of [model, asked]) one.destroy();
}

async function independently(
  { model, graph }: Pair,
  weights: ReadonlyMap<string, HostTensor>,
  inputs: Named<Result>,
  types: Named<TensorType>,
): Promise<Named<HostTensor>> {
  const { onnxModel } = await import("@tilewright/rivals/onnx");
  const { byOrt } = await import("./ort.ts");
  const g = graphOf(weights);
  const names = graph(g);
  expect(
    [...model.parameters.keys()].filter((name) => !g.used.has(name)),
    "parameters that the graph does not read",
  ).toEqual([]);
  const outputs = Object.entries(names).map(([name, from]) => [name, { op: "Identity", inputs: [from], output: name }] as const);
  return byOrt(
    onnxModel({
      nodes: [...g.nodes, ...outputs.map(([, node]) => node)],
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype: dtype === "u32" ? "i32" : dtype }]),
      ),
      initializers: Object.fromEntries(g.initializers),
      outputs: Object.fromEntries(outputs.map(([name]) => [name, { shape: types[name]!.shape, dtype: "f32" as const }])),
    }),
    inputs,
  );
}

function expectNear(name: string, ours: Result, theirs: HostTensor): void {
  expect(ours.shape, name).toEqual(theirs.shape);
  const [a, b] = [decode(ours), Array.from(theirs.data, Number)];
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(scale, `the largest of ${name}`).toBeGreaterThan(0);
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    const error = Math.abs(a[i]! - b[i]!) / scale;
    if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
  }
  expect(worst, `the largest error of ${name}`).toBeLessThanOrEqual(RELATIVE);
}
