import { expect, test } from "vitest";
import { inspect, PROFILES, type Text } from "../src/static.ts";

const code = `struct Params { n: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
var<workgroup> shares: array<vec4f, 64>;
@compute @workgroup_size(64)
fn main() { y[0] = x[p.n].x; }
`;
const text = (changed: string): Text => ({
  title: "",
  code: changed,
  can: PROFILES["best"]!,
  variant: {} as Text["variant"],
  needs: [{ invocations: 64, workgroupBytes: 1024 }],
  operands: ["x", "y"],
});

test("a text that is as it says", () => expect(inspect(text(code))).toEqual([]));

test.each([
  ["a binding that is not its place", "@binding(1)", "@binding(3)", /y is at group 0, binding 3; expected 0, 1/],
  ["another group", "@group(0) @binding(1)", "@group(1) @binding(1)", /y is at group 1/],
  ["an operand that the kernel does not have", "read> x:", "read> stray:", /binds stray,y, but/],
  ["more threads than it says", "size(64)", "size(64, 2)", /has 128 threads; it says 64/],
  ["more workgroup memory than it says", "vec4f, 64", "vec4f, 65", /has 1040 bytes of workgroup memory; it says 1024/],
  ["a binding in its body", "fn main", "@group(0) @binding(2) var<storage> z: array<f32>;\nfn main", /binds x,y,z/],
] as const)("a text with %s is told apart", (_, from, to, what) => {
  expect(inspect(text(code.replace(from, to))).join()).toMatch(what);
});

test("of tiles that share a text each is heard", () => {
  const shared = { ...text(code), needs: [...text(code).needs, { invocations: 32, workgroupBytes: 1024 }] };
  expect(inspect(shared).join()).toMatch(/has 64 threads; it says 64,32/);
});
