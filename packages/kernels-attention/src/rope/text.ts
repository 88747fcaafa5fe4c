// Where a row and its angles are: WGSL that the variants share.

/** Which row of cos and sin belongs to row i of batch b. */
export const ANGLE = {
  positions: "min(u32(load_positions(b * p.s + i)), p.rows - 1u)",
  running: "p.position + i",
  own: "b * p.s + i",
};
/** Row i of batch b is `row` of all. */
export const PLACE = { bhsd: "row % p.s", bshd: "row / p.heads % p.s" };
