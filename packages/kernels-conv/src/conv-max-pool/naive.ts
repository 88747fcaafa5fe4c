import { type Form, wgsl } from "@tilewright/runtime";
import { sharedAt } from "../epilogue.ts";
import { better, beyond } from "../pool/text.ts";
import type { P } from "../problem.ts";
import { overTaps, places } from "../text.ts";
import { naive as conv, elementwise, multiply } from "../variants/naive.ts";
import type { Spec } from "./conv-max-pool.ts";

/** One thread, one element of y: what conv's `naive` does, place by place of a window. */
export const naive: Form<P, Spec, { threads: number }> = {
  ...conv,
  wgsl(spec, { threads }, { f16 }) {
    const { pool, strides } = spec;
    const [d, h, w] = strides.map((stride, i) => stride * pool[i]!) as [number, number, number];
    const place = wgsl`    let start = under(first, offset);
    var sum = 0.0;
    ${multiply(spec)}
    let value = finish(sum, i, channel${sharedAt(spec, "channel")});
    if (better(value, most)) { most = value; }`;
    return elementwise(
      spec,
      threads,
      f16,
      `${places({ ...spec, strides: [d, h, w] })}\n${better({ dtype: "f32" }, 1)}`,
      wgsl`let first = corner(pixel);
  var most = ${beyond({ kind: "max", dtype: "f32" }, 1)};
  ${overTaps({ kernel: pool, dilations: strides }, place)}
  return most;`,
    );
  },
};
