import { expect, test } from "vitest";
import { addressOf } from "../src/address.ts";

test("a trial's path becomes the case, the variant and the tile that Inspect asks for", () => {
  expect(addressOf("matmul/staged/f32/k=33,m=17,tile=64x64x16,transB")).toEqual({
    case: "matmul/*/f32/k=33,m=17,transB",
    variant: "staged",
    tile: "64x64x16",
  });
  expect(addressOf("softmax/thread/f32/x=8x64").tile).toBe("");
});
