// What triu and tril are.
import type { Problem } from "@tilewright/runtime";
import type { Flat } from "../frame.ts";
import { flushOnly } from "./movement.ts";

type Asked = Problem<"n" | "rows" | "columns" | "diagonal", Flat>;
interface Result {
  readonly y: Float64Array;
}

export const proof = (upper: boolean) => ({
  reference: ({ params: { rows, columns, diagonal } }: Asked, { x }: { readonly x: ArrayLike<number> }): Result => ({
    y: Float64Array.from(x, (value, i) => {
      const off = (i % columns) - (Math.floor(i / columns) % rows);
      return (upper ? off >= diagonal : off <= diagonal) ? value : 0;
    }),
  }),
  bound: ({ spec }: Asked, _values: object, { y }: Result): Result => ({ y: flushOnly(y, spec.dtype) }),
});
