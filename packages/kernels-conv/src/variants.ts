// The ways to convolve, and where each is a good one.
import type { LazyVariant } from "@tilewright/runtime";
import type { P, Spec } from "./problem.ts";
import { extent, tileRefusal, worthTiling } from "./tiling.ts";

type Way = LazyVariant<P, Spec>;

const depthwise: Way = {
  name: "depthwise",
  // Tiny outputs do not repay its compilation.
  when: ({ spec, params: { batch, groups, yd, yh, yw } }) => spec.depthwise && batch * groups * yd * yh * yw >= 1024,
  form: async () => (await import("./variants/depthwise.ts")).depthwise,
};

const narrow: Way = {
  name: "narrow",
  // Of quad's 8 threads across and of staged's tiles most have nothing to do there. Few input channels of one group are better read as a stretch.
  when: ({ spec, params: { groups, co, batch, yd, yh, yw } }, { software }) =>
    spec.last && co <= (software ? 16 : 8) && (groups > 1 || !spec.tail) && batch * yd * yh * yw * co >= 256,
  form: async () => (await import("./variants/narrow.ts")).narrow,
};

const quad: Way = {
  name: "quad",
  // nhwc: with few channels a group most of the 8 threads across would have none; direct's stand in a column then, and take a third of the time.
  when: (problem, { software }) => software && worthTiling(problem) && !(problem.spec.last && problem.params.co <= 8),
  form: async () => (await import("./variants/quad.ts")).quad,
};

const staged: Way = {
  name: "staged",
  when(problem, { software }) {
    const { rows, columns } = extent(problem);
    return !software && rows >= 16 && columns >= 16;
  },
  form: async () => (await import("./variants/staged.ts")).staged,
};

const direct: Way = {
  name: "direct",
  when: worthTiling,
  form: async () => (await import("./variants/direct.ts")).direct,
};

const im2col: Way = {
  name: "im2col",
  // Kernels wider than register tiles unroll.
  when: (problem, caps) => worthTiling(problem) && !!tileRefusal(problem, caps),
  form: async () => (await import("./variants/im2col.ts")).im2col,
};

const naive: Way = { name: "naive", when: () => true, form: async () => (await import("./variants/naive.ts")).naive };

/** In order of preference. */
export const sliding = [depthwise, narrow, quad, staged, direct, im2col, naive];
export const spreading = [quad, staged, direct, im2col, naive];
/** Of a filter in 8 bits. */
export const quantized = [depthwise, quad, staged, direct, naive];
