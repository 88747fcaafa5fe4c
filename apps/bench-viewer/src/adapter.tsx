import type { AdapterCard } from "@tilewright/testing";
import { bytes, number } from "./format.ts";

/** What kernels ask of a device; the rest is in the whole list. */
const WANTED = ["shader-f16", "subgroups", "timestamp-query"];

const FACTS: readonly (readonly [label: string, limit: string, show: (n: number) => string])[] = [
  ["Largest buffer", "maxBufferSize", bytes],
  ["Largest binding", "maxStorageBufferBindingSize", bytes],
  ["Workgroup memory", "maxComputeWorkgroupStorageSize", bytes],
  ["Threads in a workgroup", "maxComputeInvocationsPerWorkgroup", number],
  ["Storage buffers in a shader", "maxStorageBuffersPerShaderStage", number],
  ["Immediates", "maxImmediateSize", (n) => (n ? bytes(n) : "none")],
];

export function Adapter({ card, low }: { card: AdapterCard; low: boolean }) {
  const { vendor, architecture, device, description, software, features, limits } = card;
  const name = [vendor, architecture].filter(Boolean).join(" · ") || "Unnamed adapter";
  const more = [description, device].filter((part) => part && part !== vendor).join(" · ");
  return (
    <section class="card adapter" aria-labelledby="adapter-title">
      <div class="who">
        <h2 id="adapter-title">{name}</h2>
        {more && <p class="faint">{more}</p>}
        <p class="chips">
          <span class={software ? "chip warn" : "chip good"}>{software ? "Software: runs on the CPU" : "Hardware"}</span>
          {low && <span class="chip warn">Low profile</span>}
          {WANTED.map((feature) => (
            <Feature key={feature} name={feature} has={features.includes(feature)} />
          ))}
        </p>
      </div>
      <dl class="facts">
        {FACTS.map(([label, limit, show]) => (
          <div key={limit}>
            <dt>{label}</dt>
            <dd>{limits[limit] === undefined ? "none" : show(limits[limit])}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>
          All {Object.keys(limits).length} limits and {features.length} features
        </summary>
        <p class="chips">
          {features.map((feature) => (
            <span key={feature} class="chip">
              {feature}
            </span>
          ))}
        </p>
        <dl class="limits">
          {Object.entries(limits).map(([limit, value]) => (
            <div key={limit}>
              <dt>{limit}</dt>
              <dd>{value.toLocaleString("en")}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}

const Feature = ({ name, has }: { name: string; has: boolean }) => (
  <span class={has ? "chip" : "chip off"}>
    {has ? "✓" : "✗"} {name}
    <span class="unseen">{has ? "" : " is missing"}</span>
  </span>
);
