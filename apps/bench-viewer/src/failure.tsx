import type { Outcome } from "@tilewright/testing";
import { exact, number } from "./format.ts";
import { Path } from "./path.tsx";
import type { CaseTools } from "./rows.tsx";
import { Copy, Shaders } from "./shader.tsx";

/** All that a person needs to see what is wrong, and to pass it on. */
export function Failure({ outcome: { path, reason, worst, ratio, code }, tools }: { outcome: Outcome; tools: CaseTools }) {
  return (
    <article class="failure">
      <header>
        <h3>
          <span class="bad" aria-hidden="true">
            ✗
          </span>{" "}
          <Path text={path} />
        </h3>
        <span>
          <button type="button" class="small" disabled={!tools.idle} onClick={() => tools.rerun(path)}>
            Rerun
          </button>
          <Copy text={path} label="Copy path" />
        </span>
      </header>
      <p class="reason">{reason}</p>
      {worst && (
        <dl>
          <Fact label="Element" value={`${worst.operand}[${worst.index}]`} />
          <Fact label="Expected" value={exact(worst.expected)} />
          <Fact label="Got" value={exact(worst.got)} />
          <Fact label="Error" value={number(Math.abs(worst.got - worst.expected))} />
          <Fact label="Bound" value={number(worst.bound)} />
          <Fact label="Error / bound" value={number(ratio)} />
        </dl>
      )}
      {code && code.length > 0 && (
        <details>
          <summary>WGSL</summary>
          <Shaders code={code} />
        </details>
      )}
    </article>
  );
}

const Fact = ({ label, value }: { label: string; value: string }) => (
  <div>
    <dt>{label}</dt>
    <dd>{value}</dd>
  </div>
);
