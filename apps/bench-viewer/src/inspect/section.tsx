import { useEffect, useMemo, useState } from "preact/hooks";
import { writeAddress } from "../address.ts";
import { download, start } from "../controls.tsx";
import { bytes, milliseconds, number } from "../format.ts";
import type { Session } from "../session.ts";
import { Copy } from "../shader.tsx";
import type { Asked, Catalogue, Inspected } from "./question.ts";
import { Operands, Stages } from "./stages.tsx";

const NONE = ""; // the kernel's own choice

/** Any call as it would run here: its shaders, what they bind and what they cost. */
export function Inspect({ session }: { session: Session }) {
  const [kernels, setKernels] = useState<readonly Catalogue[]>();
  useEffect(() => start(session.ask({ about: "catalogue" }).then(setKernels)), [session]);
  return (
    <section class="card" aria-labelledby="inspect-title">
      <header class="head">
        <h2 id="inspect-title">Inspect</h2>
      </header>
      <p class="faint">
        A call as this device would get it: the shader of every dispatch, what it binds and what it costs. Options may be edited;
        the operands stay the case's own.
      </p>
      {kernels ? <Chosen session={session} kernels={kernels} /> : <p class="faint">…</p>}
    </section>
  );
}

function Chosen({ session, kernels }: { session: Session; kernels: readonly Catalogue[] }) {
  const [asked, setAsked] = useState<Asked>(() => {
    const given = new URLSearchParams(location.search);
    const all = kernels.flatMap(({ cases }) => cases);
    const found = all.find(({ path }) => path === given.get("case"));
    if (!found) return { path: all[0]!.path };
    return { path: found.path, variant: given.get("variant") ?? undefined, tile: given.get("tile") ?? undefined };
  });
  const [found, setFound] = useState<Inspected>();
  const [problem, setProblem] = useState("");
  const { adapterKey, low, using, kept } = session.state;
  useEffect(() => {
    let current = true;
    const wait = setTimeout(() => {
      session.ask({ about: "inspect", ...asked }).then(
        (made) => {
          if (!current) return;
          setFound(made);
          setProblem("");
        },
        (error: Error) => current && setProblem(error.message),
      );
    }, 200); // while options are typed
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [session, asked, adapterKey, low, using, kept.applied]);
  const ask = (next: Asked) => {
    setAsked(next);
    writeAddress("case", next.path);
    writeAddress("variant", next.variant ?? "");
    writeAddress("tile", next.tile ?? "");
  };
  return (
    <>
      <Choices kernels={kernels} asked={asked} found={found} ask={ask} problem={problem} />
      {found && <Result found={found} stale={problem !== "" || found.path !== asked.path} />}
    </>
  );
}

interface ChoicesProps {
  readonly kernels: readonly Catalogue[];
  readonly asked: Asked;
  readonly found: Inspected | undefined;
  readonly problem: string;
  ask(asked: Asked): void;
}

function Choices({ kernels, asked, found, problem, ask }: ChoicesProps) {
  const one = kernels.find(({ cases }) => cases.some(({ path }) => path === asked.path))!;
  const kase = one.cases.find(({ path }) => path === asked.path)!;
  const tiles = one.variants.find(({ name }) => name === asked.variant)?.tiles ?? [];
  const refusals = found?.path === asked.path ? found.refusals : {};
  const rest = (path: string) => path.split("/").slice(2).join("/");
  const group = (timed: boolean) =>
    one.cases
      .filter((each) => each.timed === timed)
      .map(({ path }) => (
        <option key={path} value={path}>
          {rest(path)}
        </option>
      ));
  return (
    <form class="choices" onSubmit={(event) => event.preventDefault()}>
      <label>
        Kernel
        <select
          value={one.kernel}
          onChange={(event) => ask({ path: kernels.find(({ kernel }) => kernel === event.currentTarget.value)!.cases[0]!.path })}
        >
          {kernels.map(({ kernel }) => (
            <option key={kernel}>{kernel}</option>
          ))}
        </select>
      </label>
      <label class="wide">
        Case
        <select value={asked.path} onChange={(event) => ask({ path: event.currentTarget.value })}>
          <optgroup label="Sizes of throughput">{group(true)}</optgroup>
          <optgroup label="Cases of parity">{group(false)}</optgroup>
        </select>
      </label>
      <label>
        Variant
        <select
          value={asked.variant ?? NONE}
          onChange={(event) => ask({ ...asked, variant: event.currentTarget.value || undefined, tile: undefined })}
        >
          <option value={NONE}>its own choice</option>
          {one.variants.map(({ name }) => (
            <option key={name} value={name} disabled={name in refusals} title={refusals[name]}>
              {name}
              {name in refusals && " (not here)"}
            </option>
          ))}
        </select>
      </label>
      <label>
        Tile
        <select
          value={asked.tile ?? NONE}
          disabled={tiles.length < 2}
          onChange={(event) => ask({ ...asked, tile: event.currentTarget.value || undefined })}
        >
          <option value={NONE}>its own choice</option>
          {tiles.map((tile) => (
            <option key={tile}>{tile}</option>
          ))}
        </select>
      </label>
      <label class="all">
        Options {kase.options === undefined && <span class="faint">of this case are not all JSON</span>}
        <textarea
          rows={2}
          spellcheck={false}
          disabled={kase.options === undefined}
          aria-invalid={problem !== ""}
          aria-describedby="inspect-problem"
          value={asked.options ?? kase.options ?? ""}
          onInput={(event) => ask({ ...asked, options: event.currentTarget.value })}
        />
      </label>
      <p id="inspect-problem" class="all bad" role="alert">
        {problem}
      </p>
    </form>
  );
}

function Result({ found, stale }: { found: Inspected; stale: boolean }) {
  const { variant, tile, flops, bytes: moved, dispatches, compileMs, playground, path } = found;
  const name = `${path.split("/")[0]}-${variant}`;
  return (
    <div class={stale ? "stale" : ""} aria-busy={stale}>
      <dl class="facts inspected">
        <Fact label="Variant" value={`${variant} ${tile}`} />
        <Fact label="Dispatches" value={number(dispatches, 6)} />
        <Fact label="Floating-point operations" value={flops ? number(flops, 4) : "none"} />
        <Fact label="Bytes that must move" value={bytes(moved)} />
        <Fact label="FLOP a byte" value={flops ? number(flops / moved) : "–"} />
        <Fact label="Compiled in" value={compileMs < 1 ? "known already" : milliseconds(compileMs)} />
      </dl>
      <p class="buttons">
        <Copy text={playground} label="Copy as a playground" />
        <button type="button" class="small" onClick={() => download(playground, `tilewright-${name}.html`, "text/html")}>
          Save playground
        </button>
        <span class="faint">a page of its own that runs these shaders</span>
      </p>
      <Operands found={found} />
      <Stages found={found} />
    </div>
  );
}

const Fact = ({ label, value }: { label: string; value: string }) =>
  useMemo(
    () => (
      <div>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </div>
    ),
    [label, value],
  );
