// Reading on: programs that share a model's parameters and what is kept on the device from one to the next.

import type { HostTensor } from "@tilewright/runtime";
import { type Named, type Net, type Program, program, type Result, type Value } from "@tilewright/runtime";
import type { Parameter, Placed, Scope } from "./layer.ts";
import type { Model } from "./model.ts";
import { place } from "./storage.ts";
import { trace } from "./trace.ts";

export interface Steps<Key extends string | number, O extends string> {
  /** Does `work` behind all that was asked before it, even where that failed. */
  queued<T>(work: () => Promise<T>): Promise<T>;
  /** Runs the program of this key, which is compiled the first time; later calls create nothing. */
  run(key: Key, inputs: Named<HostTensor>, params?: Named<number>): Promise<{ readonly [K in O]: Result }>;
  /** Frees the program of a key, if there is one. */
  forget(key: Key): void;
  /** Frees the programs. */
  destroy(): void;
}

/**
 * @param write a program's calls, for a key
 */
export async function steps<Key extends string | number, O extends string>(
  { parameters }: Pick<Model, "parameters">,
  device: GPUDevice,
  write: (p: Program, scope: Scope, key: Key) => { readonly [K in O]: Value },
): Promise<Steps<Key, O>> {
  for (const parameter of parameters.values()) await place(parameter, device);
  const nets = new Map<Key, Promise<Net<O>>>();
  let queue: Promise<unknown> = Promise.resolve();

  async function compile(key: Key): Promise<Net<O>> {
    const p = program(device);
    const { scope } = trace(p, parameters as Map<string, Parameter>, ({ value }) => p.constant(value as Placed));
    const net = await p.compile(write(p, scope, key));
    return {
      ...net,
      destroy() {
        net.destroy();
        p.destroy();
      },
    };
  }

  const free = (net: Promise<Net<O>> | undefined) => void net?.then((one) => one.destroy()).catch(() => {});
  return {
    queued<T>(work: () => Promise<T>) {
      const one = queue.then(work);
      queue = one.catch(() => {});
      return one;
    },
    async run(key, inputs, params) {
      let net = nets.get(key);
      if (!net) {
        net = compile(key);
        nets.set(key, net);
        net.catch(() => nets.delete(key));
      }
      return (await net).run(inputs, params);
    },
    forget(key) {
      free(nets.get(key));
      nets.delete(key);
    },
    destroy() {
      for (const net of nets.values()) free(net);
      nets.clear();
    },
  };
}
