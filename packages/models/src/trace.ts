// A model's layers written onto a tape, with a note of which calls and parameters are whose.
import { fail, showShape, type Tape, type TensorType, tensor, type Value } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import type { Init } from "./init.ts";
import type { Parameter, Scope, Slot } from "./layer.ts";
import type { Matrix } from "./matrix.ts";

/** What a layer did. */
export interface Note {
  readonly path: string;
  readonly kind: string;
  /** Layers around it. */
  readonly depth: number;
  /** Its calls: from … to - 1 of the tape. */
  readonly from: number;
  readonly to: number;
  readonly output: TensorType | undefined;
  /** Names of the parameters that it asked for itself. */
  readonly parameters: readonly string[];
}

export interface Trace {
  readonly scope: Scope;
  /** In the order in which layers began: outer before inner. */
  readonly notes: readonly Note[];
  /** Constants that are parameters, or parts of quantised ones. */
  readonly used: ReadonlyMap<Value, Slot>;
}

/** A number of a text: FNV-1a, 32 bits. */
const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
};

/**
 * @param parameters those that there are; new ones are added
 * @param place how one, or a part of it, becomes a value of the tape
 * @param seed of new ones' first values
 */
export function trace(tape: Tape, parameters: Map<string, Parameter>, place: (slot: Slot) => Value, seed = 0): Trace {
  const notes: Note[] = [];
  const used = new Map<Value, Slot>();
  const values = new Map<Slot, Value>();
  const open: Set<string>[] = []; // names that each layer being applied has asked for

  /** The parameter of this name, made by the first who asks. */
  function declare(
    name: string,
    shape: readonly number[],
    init: Init,
    inputs: Parameter["inputs"],
    trainable: boolean,
  ): Parameter {
    open.at(-1)?.add(name);
    let parameter = parameters.get(name);
    if (!parameter) {
      parameter = {
        ...{ name, shape, trainable, inputs, dtype: "f32", value: undefined, packed: undefined },
        init: () => tensor(init(shape, random(hash(`${seed} ${name}`))), shape),
      };
      parameters.set(name, parameter);
    }
    if (`${parameter.shape}` !== `${shape}`)
      fail(
        name,
        "shape",
        `it is ${showShape(parameter.shape)}; for this input ${showShape(shape)} is needed. A model keeps the sizes that it was built with.`,
      );
    if (parameter.packed && inputs !== parameter.inputs)
      fail(name, "feature", "it is quantised; a layer that shares it needs it in full.");
    return parameter;
  }

  function valueFor(slot: Slot): Value {
    let value = values.get(slot);
    if (!value) {
      value = place(slot);
      values.set(slot, value);
      used.set(value, slot);
    }
    return value;
  }

  const scopeAt = (path: string): Scope => {
    const under = (name: string) => [path, name].filter(Boolean).join(".");
    return {
      tape,
      path,
      parameter: (name, shape, init, { trainable = true } = {}) =>
        valueFor(declare(under(name), shape, init, undefined, trainable)),
      matrix(name, shape, init, { inputs }): Matrix {
        const parameter = declare(under(name), shape, init, inputs, true);
        const { packed } = parameter;
        if (!packed) return { inputs, value: valueFor(parameter) };
        return {
          inputs,
          packed: { ...packed, weights: valueFor(packed.weights), scales: valueFor(packed.scales) },
        };
      },
      run(name, layer, ...inputs) {
        const names = new Set<string>();
        const note = { path: under(name), kind: layer.kind, depth: open.length, from: tape.calls.length };
        const at = notes.push({ ...note, to: 0, output: undefined, parameters: [] }) - 1;
        open.push(names);
        const output = layer.apply(scopeAt(note.path), ...inputs);
        open.pop();
        const type = typeof output === "object" && output && "shape" in output ? (output as unknown as Value) : undefined;
        notes[at] = { ...note, to: tape.calls.length, output: type, parameters: [...names] };
        return output;
      },
    };
  };
  return { scope: scopeAt(""), notes, used };
}

/** The innermost layer that made a call. */
export const layerOf = (notes: readonly Note[], call: number): Note | undefined =>
  notes.findLast(({ from, to }) => from <= call && call < to);
