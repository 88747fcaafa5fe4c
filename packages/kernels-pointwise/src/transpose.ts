// Dimensions in another order.
import { fail, showShape, type Variant, wgsl } from "@tilewright/runtime";
import { kindOf, main, type Tile } from "./frame.ts";
import { stridesOf } from "./movement.ts";
import { axisOf, noMore } from "./options.ts";
import { type ViewParams, type ViewSpec, view } from "./view.ts";

/**
 * A thread turns a block of 4 by 4: four rows of x, read as vec4 along `turn`, become four of y along its innermost dimension.
 *
 *     x  ▤ ▤ ▤ ▤  four loads      y  ▥ ▥ ▥ ▥  four stores of four
 *
 * Element by element the same copy takes sixteen scattered loads and stores.
 */
const turned: Variant<ViewParams | "n", ViewSpec, Tile> = {
  name: "turned",
  tiles: [{ threads: 64, per: 1 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: ({ spec }) => spec.turn > 0,
  refuses: ({ spec }) => (spec.turn > 0 ? undefined : "no two dimensions that are multiples of 4 change places"),
  lanes: () => ({ x: 4, y: 4 }),
  workgroups: ({ params }, { threads }) => Math.ceil(params.n / (16 * threads)),
  wgsl({ rank, turn, dtype }, tile) {
    const T = `vec4<${kindOf(dtype)}>`;
    const quarter = (k: number) => k === 0 || k === turn;
    const split = Array.from({ length: rank }, (_, k) => {
      const rest = k ? `r${k}` : "i";
      const size = quarter(k) ? `(p.d${k} / 4u)` : `p.d${k}`;
      const take = k === rank - 1 ? rest : `${rest} % ${size}`;
      return `let c${k} = ${quarter(k) ? `4u * (${take})` : take};${k === rank - 1 ? "" : ` let r${k + 1} = ${rest} / ${size};`}`;
    });
    const step = (k: number) => Array.from({ length: k }, (_, j) => ` * p.d${j}`).join("");
    const all = (f: (k: number) => string) => Array.from({ length: rank }, (_, k) => f(k)).join(" + ");
    return `${wgsl`
fn put(i: u32) {
  ${split.join("\n  ")}
  let at = p.base + ${all((k) => `c${k} * p.s${k}`)};
  let to = ${all((k) => `c${k}${step(k)}`)};
  ${[0, 1, 2, 3].map((j) => `let x${j} = load_x((at + ${j}u * p.s0) >> 2u);`).join("\n  ")}
  ${["x", "y", "z", "w"].map((m, j) => `store_y((to + ${j}u${step(turn)}) >> 2u, ${T}(x0.${m}, x1.${m}, x2.${m}, x3.${m}));`).join("\n  ")}
}
`}${main(tile, "p.n / 16u", "put(i);")}`;
  },
};

/** Dimensions in another order: y's dimension d is x's `axes[d]`; reversed unless given, as NumPy's. */
export const transpose = /* @__PURE__ */ view(
  "transpose",
  ({ shape }, { axes, ...more }: { readonly axes?: readonly number[] | undefined }) => {
    noMore("transpose", more, "axes");
    const rank = shape.length;
    const order = axes ? axes.map((axis) => axisOf("transpose", axis, rank, "axes")) : shape.map((_, d) => rank - 1 - d);
    if (new Set(order).size !== rank || order.length !== rank)
      fail("transpose", "shape", `axes is [${axes}]; needed is each of the ${rank} dimensions of x ${showShape(shape)} once.`);
    const strides = stridesOf(shape);
    const sizes = order.map((d) => shape[d]!);
    return { shape: sizes, sizes, strides: order.map((d) => strides[d]!) };
  },
  [turned],
);
