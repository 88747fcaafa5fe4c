import { Fragment } from "preact";

/** A case path, or a part of one, that breaks behind its commas and slashes. */
export const Path = ({ text }: { text: string }) => (
  <code>
    {text.split(/(?<=[,/])/).map((part) => (
      <Fragment key={part}>
        {part}
        <wbr />
      </Fragment>
    ))}
  </code>
);
