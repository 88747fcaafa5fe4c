import { Fragment } from "preact";
import { bytes, number } from "../format.ts";
import { Copy } from "../shader.tsx";
import { Table } from "../table.tsx";
import type { Inspected, Stage } from "./question.ts";

export const Operands = ({ found: { operands, params } }: { found: Inspected }) => (
  <>
    <Table label="Operands" heads={["Operand", "Role", "Type", "Shape", "#Size"]}>
      {operands.map(({ name, role, dtype, shape, bytes: size }) => (
        <tr key={name}>
          <th scope="row">
            <code>{name}</code>
          </th>
          <td>{role}</td>
          <td>{dtype}</td>
          <td>[{shape.join(", ")}]</td>
          <td class="num">{bytes(size)}</td>
        </tr>
      ))}
    </Table>
    {params.length > 0 && (
      <p class="params">
        Params:{" "}
        {params.map(({ name, type, value }) => (
          <Fragment key={name}>
            <code title={type}>
              {name} = {value}
            </code>{" "}
          </Fragment>
        ))}
      </p>
    )}
  </>
);

export const Stages = ({ found: { stages, workgroupBytes } }: { found: Inspected }) => (
  <>
    {stages.map((stage, i) => (
      <One
        key={i}
        stage={stage}
        title={stages.length > 1 ? `Pass ${i + 1} of ${stages.length}` : "Shader"}
        most={workgroupBytes}
      />
    ))}
  </>
);

function One({ stage, title, most }: { stage: Stage; title: string; most: number }) {
  const { code, bindings, size, shared, workgroups, times } = stage;
  const [x, y] = workgroups;
  return (
    <figure class="shader stage">
      <figcaption>
        <span>{title}</span>
        <Copy text={code} label="Copy WGSL" />
      </figcaption>
      <p class="params">
        {number(x * y, 9)} workgroups{y > 1 && ` (${x} × ${y})`} of {size.split(",").join(" ×")} threads
        {times > 1 && `, ${times} times`};{" "}
        {shared.length ? `at most ${bytes(most)} of workgroup memory: ` : "no workgroup memory"}
        {shared.map((text) => (
          <Fragment key={text}>
            <code>{text}</code>{" "}
          </Fragment>
        ))}
      </p>
      {bindings ? (
        <Table label={`Bindings of ${title}`} heads={["Binding", "Name", "Address space", "Type"]}>
          {bindings.map(({ binding, name, kind, type }) => (
            <tr key={name}>
              <td>{binding}</td>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>{kind}</td>
              <td>
                <code>{type}</code>
              </td>
            </tr>
          ))}
        </Table>
      ) : (
        <p class="faint">wgsl_reflect cannot read this text.</p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{code}</pre>
    </figure>
  );
}
