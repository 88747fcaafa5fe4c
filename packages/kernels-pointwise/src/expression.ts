// Operations on single elements, and expressions of them: as WGSL, as float64, and with the error of their float32 evaluation.
import { ULP } from "./accuracy.ts";

/** What an element is in a shader: f16 is computed as f32, bool is a u32 of 0 or 1. */
export type Kind = "f32" | "i32" | "u32";

/** Names of types as wide as the value: its own, the unsigned and the signed of integers. */
export interface Names {
  readonly kind: Kind;
  readonly T: string;
  readonly U: string;
  readonly I: string;
}

/** One operation on floats, and on integers where `ints` says how. */
export interface Op {
  readonly name: string;
  /** WGSL of its function over x, y, z of type T (a scalar or a vector). NaN must come out as the formula has it. */
  body(names: Names): string;
  /** The formula in float64. */
  f(...x: number[]): number;
  /** How far the body may be off for exact arguments, by the accuracy WGSL promises of what it uses. Exact unless given. */
  error?(y: number, ...x: number[]): number;
  /** For i32 and u32: a body of its own where the float one does not do, and its formula before it wraps. Absent: floats only. */
  readonly ints?: { readonly body?: (names: Names) => string; readonly f?: (kind: Kind) => (...x: number[]) => number };
  /** Its first argument, or its result, is a bool. */
  readonly takes?: "bool";
  readonly gives?: "bool";
  /** Operations that its body calls. */
  readonly uses?: readonly Op[];
}

export type Expression = number | { readonly input: string } | { readonly param: string } | Applied;
export interface Applied {
  readonly op: Op;
  readonly args: readonly Expression[];
}

export type Kinds = { readonly [input: string]: Kind };

/** Why an expression cannot be of these kinds, if so; `kind` is that of its value, undefined for a number or a param, which take any. */
export interface Typed {
  readonly kind: Kind | undefined;
  /** The first input of its type; none where it is a bool. */
  readonly from?: string;
  readonly wrong?: string;
}

export function typed(e: Expression, kinds: Kinds): Typed {
  if (typeof e === "number" || "param" in e) return { kind: undefined };
  if ("input" in e) return { kind: kinds[e.input]!, from: e.input };
  const all = e.args.map((arg) => typed(arg, kinds));
  const bad = all.find(({ wrong }) => wrong);
  if (bad) return bad;
  const { name, takes, gives, ints } = e.op;
  if (takes && all[0]!.kind !== "u32")
    return { kind: undefined, wrong: `${name} needs a bool (u32) first, and this is ${all[0]!.kind}` };
  const rest = all.slice(takes ? 1 : 0).flatMap(({ kind }) => kind ?? []);
  const kind = rest[0] ?? "f32";
  if (rest.some((other) => other !== kind)) return { kind, wrong: `${name} needs one type, and these are ${rest.join(" and ")}` };
  if (kind !== "f32" && !ints) return { kind, wrong: `${name} is for f32 and f16, and this is ${kind}` };
  const from = all.slice(takes ? 1 : 0).find((arg) => arg.from)?.from;
  return gives ? { kind: "u32" } : { kind, ...(from && { from }) };
}

const width = (type: string, lanes: 1 | 4) => (lanes === 1 ? type : `vec4<${type}>`);

/** The functions an expression needs, and itself over `input(name)`. */
export function toWgsl(e: Expression, kinds: Kinds, lanes: 1 | 4, input: (name: string) => string) {
  const functions = new Map<string, string>();
  const define = (op: Op, kind: Kind): string => {
    const name = kind === "f32" ? `f_${op.name}` : `f_${op.name}_${kind}`;
    for (const used of op.uses ?? []) define(used, kind);
    if (functions.has(name)) return name;
    const [T, U, I] = [kind, "u32", "i32"].map((type) => width(type, lanes)) as [string, string, string];
    const names: Names = { kind, T, U, I };
    const body = kind !== "f32" && op.ints?.body ? op.ints.body(names) : op.body(names);
    const args = ["x", "y", "z"].slice(0, arity(op)).map((x, i) => `${x}: ${op.takes && i === 0 ? U : T}`);
    functions.set(name, `fn ${name}(${args.join(", ")}) -> ${op.gives ? U : T} { ${body} }`);
    return name;
  };
  const text = (node: Expression, kind: Kind): string => {
    if (typeof node === "number") return `${width(kind, lanes)}(${literal(node, kind)})`;
    if ("param" in node) return `${width(kind, lanes)}(${kind === "f32" ? `p.${node.param}` : `${kind}(p.${node.param})`})`;
    if ("input" in node) return input(node.input);
    const { op, args } = node;
    const mine = args.slice(op.takes ? 1 : 0).map((arg) => typed(arg, kinds).kind);
    const own = mine.find((k) => k !== undefined) ?? (kind === "u32" && op.gives ? "f32" : kind);
    const given = args.map((arg, i) => text(arg, op.takes && i === 0 ? "u32" : own));
    return `${define(op, own)}(${given.join(", ")})`;
  };
  const expression = text(e, typed(e, kinds).kind ?? "f32");
  return { functions: [...functions.values()].join("\n"), expression };
}

/** A body's arguments: as many as its formula takes. */
const arity = (op: Op): number => op.f.length;

function literal(value: number, kind: Kind): string {
  if (kind !== "f32") return `${kind}(${Math.trunc(value)})`;
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Rounded to nearest or to the other neighbour, as + - · are. */
export const rounded = (y: number): number => ULP * Math.abs(y);
