// Residual networks: sizes as published, names of two libraries, and folded batch norms.
import { foldResnet, load, read, resnet18, resnet34, resnet50 } from "@tilewright/models";
import { countOf, tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";
import { randomise } from "./onnx/check.ts";

test.for([
  ["resnet18", resnet18, 11_689_512],
  ["resnet34", resnet34, 21_797_672],
  ["resnet50", resnet50, 25_557_032],
] as const)("%s has as many parameters as torchvision's", ([, model, count]) => {
  const all = [...model().parameters.values()].filter(({ trainable }) => trainable);
  expect(all.reduce((sum, { shape }) => sum + countOf(shape), 0)).toBe(count);
});

test("a folded network has no norms left and gives the same in fewer calls; channels first or last", async () => {
  const [first, last] = [resnet18({ classes: 5 }), resnet18({ classes: 5, layout: "nhwc" })];
  for (const [name, value] of await randomise(first)) last.parameters.get(name)!.value = value;
  const folded = await foldResnet(last);
  expect([...folded.parameters.keys()].filter((name) => /bn|running|downsample\.1/.test(name))).toEqual([]);
  const image = fill("uniform", [1, 3, 32, 32], "f32", 1);
  const turned = (image.data as Float32Array).map((_, i, all) => all[(i % 3) * 1024 + Math.floor(i / 3)]!);
  const { logits: a } = await first.run({ x: image }, { on: "cpu" });
  const { logits: b } = await folded.run({ x: tensor(turned, [1, 32, 32, 3]) }, { on: "cpu" });
  const scale = Math.max(...Array.from(a.data, Math.abs));
  expect(scale).toBeGreaterThan(0);
  for (let i = 0; i < 5; i++) expect(Math.abs(a.data[i]! - b.data[i]!)).toBeLessThan(1e-5 * scale);
  const calls = (of: typeof first) => of.build(of.sample!).tape.calls.length;
  expect([calls(first), calls(folded)]).toEqual([20 + 20 + 9 + 8 + 3, 20 + 3]); // convolutions, norms, relus, sums; pools and the dense layer
  await expect(foldResnet(folded)).rejects.toThrow(/already/);
});

test("weights come by torchvision's names and by Hugging Face's, each for the right parameter", async () => {
  const model = resnet50({ classes: 3 });
  const theirs = (name: string): string =>
    name
      .replace(/^conv1\./, "resnet.embedder.embedder.convolution.")
      .replace(/^bn1\./, "resnet.embedder.embedder.normalization.")
      .replace(/^fc\./, "classifier.1.")
      .replace(/^layer(\d)\.(\d+)\./, (_, stage, i) => `resnet.encoder.stages.${stage - 1}.layers.${i}.`)
      .replace(/conv(\d)\./, (_, i) => `layer.${i - 1}.convolution.`)
      .replace(/bn(\d)\./, (_, i) => `layer.${i - 1}.normalization.`)
      .replace(/downsample\.0\./, "shortcut.convolution.")
      .replace(/downsample\.1\./, "shortcut.normalization.");
  expect(theirs("layer3.1.bn2.running_mean")).toBe("resnet.encoder.stages.2.layers.1.layer.1.normalization.running_mean");
  let next = 0;
  const values = new Map([...model.parameters].map(([name, { shape }]) => [name, { shape, first: ++next }]));
  for (const called of [theirs, (name: string) => name]) {
    const tensors = Object.fromEntries(
      [...values].map(([name, { shape, first }]) => [called(name), tensor(new Float32Array(countOf(shape)).fill(first), shape)]),
    );
    const counter = called("bn1.weight").replace(/weight$/, "num_batches_tracked");
    await load(model, { tensors: { ...tensors, [counter]: tensor([7], []) } });
    for (const [name, { first }] of values) {
      const { data } = await read(model.parameters.get(name)!);
      expect([data[0], data.length], name).toEqual([first, countOf(values.get(name)!.shape)]);
    }
  }
});
