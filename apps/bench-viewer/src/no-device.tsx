import type { ComponentChildren } from "preact";
import type { Session } from "./session.ts";

/** Why there is nothing to measure with, and what to do. */
export function NoDevice({ session }: { session: Session }) {
  const { lost = false, message = "" } = session.state.problem ?? {};
  const again = (label: string) => (
    <button type="button" class="main" onClick={() => void session.open()}>
      {label}
    </button>
  );
  if (lost) {
    return (
      <Alert title="The GPU device was lost">
        <p>
          <code>{message}</code>
        </p>
        <p>
          A driver was reset or updated, the computer slept, or a shader ran too long. The results so far are kept. If it happens
          at the same case again, filter for that case and tell us.
        </p>
        {again("Restart the device")}
      </Alert>
    );
  }
  if (!isSecureContext) {
    return (
      <Alert title="WebGPU needs a secure page">
        <p>
          Browsers offer WebGPU on <code>https://</code> and on <code>http://localhost</code> only; this page came from{" "}
          <code>{location.origin}</code>.
        </p>
      </Alert>
    );
  }
  if (!navigator.gpu) {
    return (
      <Alert title="This browser has no WebGPU">
        <p>Open this page in a browser that has it:</p>
        <ul>
          <li>Chrome or Edge, 113 or newer on Windows, macOS and ChromeOS, 121 on Android</li>
          <li>Safari 26 or newer, on macOS, iOS and iPadOS</li>
          <li>Firefox 141 or newer on Windows, 145 on Macs with Apple silicon</li>
          <li>
            On Linux: Chrome with <code>--enable-unsafe-webgpu --enable-features=Vulkan</code>, or Firefox Nightly
          </li>
        </ul>
        {again("Try again")}
      </Alert>
    );
  }
  return (
    <Alert title="WebGPU is here, but it gave no device">
      <p>
        <code>{message}</code>
      </p>
      <ul>
        <li>
          Turn on “Use graphics acceleration when available” in the browser's settings, and look at <code>chrome://gpu</code>{" "}
          (Firefox: <code>about:support</code>) for what is blocked and why.
        </li>
        <li>Update the graphics driver: browsers block old ones.</li>
        <li>
          On Linux, or on a computer without a GPU, start Chrome with <code>--enable-unsafe-webgpu</code>, or run{" "}
          <code>pnpm start --headless</code>, which does that for you.
        </li>
      </ul>
      {again("Try again")}
    </Alert>
  );
}

const Alert = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section class="card alert" role="alert">
    <h2>{title}</h2>
    {children}
  </section>
);
