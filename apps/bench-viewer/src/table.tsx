import type { ComponentChildren } from "preact";

interface Props {
  readonly label: string;
  /** Those that begin with # are of numbers. */
  readonly heads: readonly string[];
  readonly children: ComponentChildren;
}

/** A table in a box that scrolls. */
export const Table = ({ label, heads, children }: Props) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
  <section class="scroll" aria-label={label} tabIndex={0}>
    <table>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col" class={head.startsWith("#") ? "num" : ""}>
              {head.replace("#", "")}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </section>
);
