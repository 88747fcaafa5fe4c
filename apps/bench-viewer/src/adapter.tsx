import type { Caps } from "@tilewright/runtime";
import type { AdapterCard } from "@tilewright/testing";
import { bytes, number } from "./format.ts";

/** What kernels ask of a device, low profile included; the rest is in the whole list. */
const FEATURES: readonly (readonly [name: string, cap: "f16" | "subgroups" | "timestamps"])[] = [
  ["shader-f16", "f16"],
  ["subgroups", "subgroups"],
  ["timestamp-query", "timestamps"],
];

const facts = (caps: Caps): readonly (readonly [label: string, value: string])[] => [
  ["Largest buffer", bytes(caps.maxBuffer)],
  ["Largest binding", bytes(caps.maxBinding)],
  ["Workgroup memory", bytes(caps.maxWorkgroupBytes)],
  ["Threads in a workgroup", number(caps.maxInvocations)],
  ["Storage buffers in a shader", number(caps.maxStorageBuffers)],
  ["Params by", caps.immediates ? "immediates" : "uniform buffer"],
];

export function Adapter({ card, caps, low }: { card: AdapterCard; caps: Caps; low: boolean }) {
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
          {FEATURES.map(([feature, cap]) => (
            <Feature key={feature} name={feature} has={caps[cap]} />
          ))}
        </p>
      </div>
      <dl class="facts">
        {facts(caps).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
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
