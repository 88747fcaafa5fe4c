import { type Form, wgsl } from "@tilewright/runtime";
import { type Layout, rowsOf } from "../layout.ts";
import { locate, unitsText } from "../text/addressing.ts";
import { applyText, type ElementProgram } from "../text/elements.ts";
import { alike, frame, type RowProgram, wordsOf } from "../text/frame.ts";
import { lanesOf, scratchMemory } from "../text/state.ts";

/**
 * Rows that share words of storage: halves in rows of odd length, on a device without f16. A thread for a row folds it, then a thread for a
 * word of the result looks up the rows of both its elements.
 */
export const flat = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec> & ElementProgram<Spec>,
): Form<P, Spec, { threads: number }> => {
  const lanes = (spec: Spec, caps: { readonly f16: boolean }, given: ReturnType<RowProgram<Spec>["lanes"]>) => {
    const words = program.half(spec) && !caps.f16 ? 2 : 1;
    const copy = program.copies?.(spec);
    return { ...given, y: words as 1 | 2, ...(copy && { [copy]: words }), parts: lanesOf(alike(spec)) };
  };
  return {
    tiles: [{ threads: 64 }],
    needs: ({ threads }) => ({ invocations: threads }),
    refuses: (problem) => {
      if (problem.spec.vec !== "none") return "it is for rows whose length is no multiple of 4";
      const bindings = Object.keys(problem.types).length + 1;
      return bindings > 8 ? `its second pass needs ${bindings} bindings; a dispatch has 8` : undefined;
    },
    scratch: (problem) => ({
      parts: { shape: [rowsOf(problem).rows * wordsOf(program, problem.spec)], dtype: "u32" },
    }),
    passes: [
      {
        uses: (spec) => [...program.reads(spec), "parts"],
        lanes: (spec, caps) => lanes(spec, caps, program.lanes(spec, caps)),
        workgroups: (problem, { threads }) => Math.ceil(rowsOf(problem).rows / threads),
        wgsl: (spec, { threads }, caps) => wgsl`${frame(program, spec, caps, false)}
${scratchMemory(program.fold(spec).fields, alike(spec))}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (unit >= ${unitsText(spec)}) { return; }
  put_part(unit, across(fold(unit, 0u, 1u)));
}
`,
      },
      {
        lanes: (spec, caps) => lanes(spec, caps, program.lanes(spec, caps)),
        workgroups: (problem, { threads }) => Math.ceil((rowsOf(problem).rows * rowsOf(problem).n) / threads),
        wgsl: (spec, { threads }, caps) => {
          const pairs = program.half(spec) && !caps.f16;
          const copy = program.copies?.(spec);
          const aside = program.aside?.(spec);
          const beside = program.beside?.(spec);
          const store = (i: string, v: (c: string) => string) =>
            `store_y(${i}, ${v("x")});${copy ? ` store_${copy}(${i}, ${v("y")});` : ""}`;
          return wgsl`${frame(program, spec, caps, false)}
${scratchMemory(program.fold(spec).fields, alike(spec))}
${locate(spec)}
${applyText(program, spec)}
// The result, and the value that it is of.
fn element(i: u32) -> vec2f {
  let at = locate(i);
  let unit = at.x;
  let t = close(get_part(unit), vec4u(unit));${aside ? `\n  if (at.y == 0u) { ${aside} }` : ""}
  let x = value(i, unit, at.y);
  return vec2f(apply(t, V(x), vec4u(unit), vec4u(at.y)${beside ? ", beside(vec4u(unit), vec4u(at.y))" : ""}).x, x);
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let count = p.rows * p.n;
  ${
    pairs
      ? `if (2u * i < count) {
    let a = element(2u * i);
    let b = element(min(2u * i + 1u, count - 1u));
    ${store("i", (c) => `vec2f(a.${c}, b.${c})`)}
  }`
      : `if (i < count) {
    let a = element(i);
    ${store("i", (c) => `a.${c}`)}
  }`
  }
}
`;
        },
      },
    ],
  };
};
