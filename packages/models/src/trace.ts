// A model's layers written onto a tape, with a note of which calls and parameters are whose.
import { fail, showShape, type Tape, type TensorType, tensor, type Value } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import type { Parameter, Scope } from "./layer.ts";

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
  readonly used: ReadonlyMap<Value, Parameter>;
}

/** A number of a text: FNV-1a, 32 bits. */
const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
};

/**
 * @param parameters those that there are; new ones are added
 * @param place how one becomes a value of the tape
 * @param seed of new ones' first values
 */
export function trace(tape: Tape, parameters: Map<string, Parameter>, place: (parameter: Parameter) => Value, seed = 0): Trace {
  const notes: Note[] = [];
  const used = new Map<Value, Parameter>();
  const values = new Map<string, Value>();
  const open: Set<string>[] = []; // names that each layer being applied has asked for

  const scopeAt = (path: string): Scope => {
    const under = (name: string) => [path, name].filter(Boolean).join(".");
    return {
      tape,
      path,
      parameter(name, shape, init, { trainable = true } = {}) {
        const full = under(name);
        open.at(-1)?.add(full);
        let parameter = parameters.get(full);
        if (!parameter)
          parameters.set(
            full,
            (parameter = {
              name: full,
              shape,
              dtype: "f32",
              trainable,
              init: () => tensor(init(shape, random(hash(`${seed} ${full}`))), shape),
              value: undefined,
            }),
          );
        if (`${parameter.shape}` !== `${shape}`)
          fail(
            full,
            "shape",
            `it is ${showShape(parameter.shape)}; for this input ${showShape(shape)} is needed. A model keeps the sizes that it was built with.`,
          );
        let value = values.get(full);
        if (!value) {
          value = place(parameter);
          values.set(full, value);
          used.set(value, parameter);
        }
        return value;
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
