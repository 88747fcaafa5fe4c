// Beam search, whatever computes the scores.

/** A text that is followed. */
export interface Beam {
  /** Its last token, which is to be read. */
  readonly token: number;
  /** Where keys of its tokens lie, that token's included: step · beams + row. */
  readonly slots: readonly number[];
  readonly tokens: readonly number[];
  /** Log-probability of them all. */
  readonly sum: number;
}

/** The likeliest tokens behind each beam, best first: `each` of them a row. */
export interface Candidates {
  readonly scores: ArrayLike<number>;
  readonly tokens: ArrayLike<number>;
  readonly each: number;
}

export interface SearchOptions {
  /** At most so many, the end included. Default: as many as there is room for. */
  readonly tokens?: number | undefined;
  /** Log-probabilities are divided by length to this power: above 0 prefers longer texts. Default 1. */
  readonly lengthPenalty?: number | undefined;
  /** What a target begins with, and ends with. Default: the model's. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Translation {
  /** Without start and end. */
  readonly tokens: readonly number[];
  /** Log-probability, the end's included, over length^lengthPenalty. */
  readonly score: number;
}

interface How extends SearchOptions {
  readonly beams: number;
  readonly room: number;
  readonly start: number;
  readonly end: number;
  /** Tokens that are never chosen. */
  readonly never: readonly number[];
}

/**
 * Follows the likeliest texts, `beams` at a time: Graves 2012, arXiv:1211.3711, with the length penalty and the end as transformers has them: a step takes the 2 · beams best
 * of all that may follow; those that end are kept if they are among the first `beams`; it is over when as many are kept and none that goes on is better than the worst
 * of them at its present length. What has not ended when there is no more room counts as it is.
 * @param follow what may come behind each of `beams` texts, in step 0, 1, …
 * @returns the best first, at most `beams`
 * @throws the signal's reason
 */
export async function search(
  follow: (list: readonly Beam[], step: number) => Promise<Candidates>,
  { beams, room, start, end, never, tokens: limit = Infinity, lengthPenalty = 1, signal }: How,
): Promise<readonly Translation[]> {
  const most = Math.min(limit, room); // the last token is chosen, not read
  const worth = (sum: number, length: number) => sum / length ** lengthPenalty;
  let kept: Translation[] = [];
  // All begin alike: only the first counts.
  let list: Beam[] = Array.from({ length: beams }, (_, row) => ({
    token: start,
    slots: [row],
    tokens: [],
    sum: row === 0 ? 0 : -Infinity,
  }));
  for (let step = 0; step < most; step++) {
    signal?.throwIfAborted();
    const { scores, tokens, each } = await follow(list, step);
    const all = list.flatMap(({ sum }, row) =>
      Array.from({ length: each }, (_, i) => ({ row, token: tokens[row * each + i]!, sum: sum + scores[row * each + i]! })),
    );
    const best = all
      .filter(({ token, sum }) => sum > -Infinity && !never.includes(token))
      .sort((a, b) => b.sum - a.sum)
      .slice(0, 2 * beams);
    const next: Beam[] = [];
    best.forEach(({ row, token, sum }, rank) => {
      const from = list[row]!;
      if (token === end) {
        if (rank < beams) kept.push({ tokens: from.tokens, score: worth(sum, step + 1) });
      } else if (next.length < beams)
        next.push({ token, slots: [...from.slots, (step + 1) * beams + next.length], tokens: [...from.tokens, token], sum });
    });
    kept = kept.sort((a, b) => b.score - a.score).slice(0, beams);
    const done = kept.length === beams && (next.length === 0 || worth(next[0]!.sum, step + 1) <= kept.at(-1)!.score);
    if (done || next.length === 0) return kept;
    const dead = { ...next[0]!, sum: -Infinity };
    list = Array.from({ length: beams }, (_, row) => next[row] ?? dead);
  }
  const open = list.filter(({ sum }) => sum > -Infinity).map(({ tokens, sum }) => ({ tokens, score: worth(sum, tokens.length) }));
  return [...kept, ...open].sort((a, b) => b.score - a.score).slice(0, beams);
}
