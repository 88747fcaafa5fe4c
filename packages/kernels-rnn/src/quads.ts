// Sums by quads: the four lanes of a quad work on the same few units, each on every fourth vec4 of a row, so that no lane reads what another does.
import { lines } from "@tilewright/kernels-matmul/text";
import { wgsl } from "@tilewright/runtime";
import { pieceOf } from "./gates.ts";

/** The sums of all gates of a unit as one value, and the weights of four columns that a vec4 of the state is multiplied by. */
export const unitTypes = (gates: number) =>
  gates === 1 ? { sum: "f32", weights: "vec4f" } : { sum: `vec${gates}f`, weights: `mat4x${gates}f` };

/** Weights of {@link unitTypes} from a row of four columns for each gate. */
export const unitWeights = (gates: number, row: (gate: number) => string): string =>
  gates === 1 ? row(0) : `transpose(mat${gates}x4f(${lines(gates, row, ", ")}))`;

export const times = (gates: number, weights: string, state: string): string =>
  gates === 1 ? `dot(${weights}, ${state})` : `${weights} * ${state}`;

/** Four columns of a row that starts at `at`, zero behind its end; by vec4 where rows are. */
export const columns = (x: string, vec: boolean): string =>
  vec
    ? wgsl`fn columns_${x}(at: u32, col: u32, width: u32) -> vec4f {
  return select(vec4f(), load_${x}((at + min(col, width - 4u)) >> 2u), col < width);
}`
    : wgsl`fn columns_${x}(at: u32, col: u32, width: u32) -> vec4f {
  return vec4f(${lines(4, (j) => `select(0.0, load_${x}(at + min(col + ${j}u, width - 1u)), col + ${j}u < width)`, ", ")});
}`;

/** The values `v` of a quad's units as one piece, on every lane. */
export const gathered = (units: number, v: string): string =>
  units === 1 ? v : `${pieceOf(units as 2 | 4)}(${lines(units, (j) => `quadBroadcast(${v}, ${j}u)`, ", ")})`;

/** Of the lanes of a quad, those that have a unit to store. */
export const owners = (units: number, body: string): string =>
  units === 4
    ? body
    : wgsl`if (lane < ${units}u) {
    ${body}
    }`;

/** `z{r}`: the sums `{from}{r}_{unit}` of a quad's lanes added up; lane l keeps unit number l (modulo units). Two halvings, in which lanes hand over what they do not keep. */
export function reduced(units: number, sum: string, r: string, from = "z"): string {
  const keep = (bit: string, even: string, odd: string) => ({
    kept: `select(${odd}, ${even}, ${bit} == 0u)`,
    sent: `select(${even}, ${odd}, ${bit} == 0u)`,
  });
  if (units === 1)
    return wgsl`let half${r} = ${from}${r}_0 + quadSwapX(${from}${r}_0);
    let z${r} = half${r} + quadSwapY(half${r});`;
  const first = (i: number) => {
    const { kept, sent } = keep("(lane & 1u)", `${from}${r}_${2 * i}`, `${from}${r}_${2 * i + 1}`);
    return `let half${r}_${i} = ${kept} + quadSwapX(${sent});`;
  };
  if (units === 2)
    return wgsl`${first(0)}
    let z${r}: ${sum} = half${r}_0 + quadSwapY(half${r}_0);`;
  const { kept, sent } = keep("(lane & 2u)", `half${r}_0`, `half${r}_1`);
  return wgsl`${first(0)}
    ${first(1)}
    let z${r}: ${sum} = ${kept} + quadSwapY(${sent});`;
}
