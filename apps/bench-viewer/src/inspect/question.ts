// What the Inspect tab asks the worker, and what it hears.

/** A kernel and what may be chosen of it. */
export interface Catalogue {
  /** Its name, with its operands where two have the same. */
  readonly kernel: string;
  /** Options as JSON, undefined where they are not all JSON. */
  readonly cases: readonly { readonly path: string; readonly options: string | undefined; readonly timed: boolean }[];
  readonly variants: readonly { readonly name: string; readonly tiles: readonly string[] }[];
}

export interface Asked {
  /** Of a case, with a star for the variant. */
  readonly path: string;
  /** JSON that takes the place of the case's own options. */
  readonly options?: string | undefined;
  /** Names; the kernel's own choice unless given. */
  readonly variant?: string | undefined;
  readonly tile?: string | undefined;
}

export interface Operand {
  readonly name: string;
  readonly role: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface BindingRow {
  readonly binding: string;
  readonly name: string;
  readonly kind: string;
  readonly type: string;
}

export interface Stage {
  readonly code: string;
  /** What wgsl_reflect reads of the text; undefined where it cannot read it. */
  readonly bindings: readonly BindingRow[] | undefined;
  readonly size: string;
  /** Declarations of workgroup memory. */
  readonly shared: readonly string[];
  readonly workgroups: readonly [x: number, y: number];
  readonly times: number;
}

export interface Inspected {
  readonly path: string;
  readonly variant: string;
  readonly tile: string;
  readonly flops: number;
  readonly bytes: number;
  readonly dispatches: number;
  readonly workgroupBytes: number;
  readonly operands: readonly Operand[];
  readonly params: readonly { readonly name: string; readonly type: string; readonly value: number }[];
  readonly stages: readonly Stage[];
  /** Why a variant cannot run this here, where it cannot. */
  readonly refusals: Readonly<Record<string, string>>;
  /** Milliseconds to compile every pipeline; about none where they were compiled before. */
  readonly compileMs: number;
  /** A page of its own that runs these shaders. */
  readonly playground: string;
}
