// Successive halving (Jamieson and Talwalkar 2016, arXiv:1502.07943) on a budget of time, apart from what is timed and by which clock.

/** Times of one round, in the order of its contestants. */
export interface Round {
  readonly ms: readonly number[];
  /** Of each contestant; fewer than asked for where time ran out. */
  readonly samples: number;
}

export interface Race<C> {
  readonly candidates: readonly C[];
  /** It runs in the last round in any case: what a winner must beat. One of the candidates. */
  readonly standard: C;
  now(): number;
  /** When to be done, by the same clock. */
  readonly deadline: number;
  /** Prepares and checks a candidate and runs it once; undefined throws it out. */
  first(candidate: C): Promise<number | undefined>;
  /** Times contestants in turns. */
  time(contestants: readonly C[], samples: number, round: number): Promise<Round>;
  /** About how long timing one contestant takes, from the milliseconds of one run. */
  cost(ms: number, samples: number): number;
  /** Before a candidate, and between rounds: whether to give up. */
  stopped?(): boolean;
}

export interface Standing<C> {
  readonly candidate: C;
  /** Of the last round it was in. */
  readonly ms: number;
  /** 0: only run once. */
  readonly round: number;
  /** Dropped after one run. */
  readonly slow: boolean;
}

export interface Finish<C> {
  /** Undefined: no time for a last round of {@link FEWEST} samples against another. */
  readonly winner: C | undefined;
  /** All that ran, in the order of the candidates. */
  readonly standings: readonly Standing<C>[];
}

/** A candidate this many times slower than the best after one run is dropped. */
export const SLOWER = 3;
/** A winner is faster than the standard by more than this share: less is noise. */
export const NOISE = 0.03;
/** Samples of a round, of the last round, and how few of the last still make a median. */
const SAMPLES = 3;
const LAST = 7;
export const FEWEST = 5;
/** The share of the budget for first runs. */
const FIRST = 0.6;

/**
 * Runs every candidate once, then times the best in turns, half of them in each round, until two are left; these and the standard are timed
 * best of all. What would not fit the time that is left is not begun: fewer candidates are tried, and fewer go into a round.
 */
export async function halving<C>(race: Race<C>): Promise<Finish<C>> {
  const { candidates, standard, deadline, now, cost } = race;
  const standings = new Map<C, { ms: number; round: number; slow: boolean }>();
  const ms = (c: C) => standings.get(c)!.ms;
  const sorted = (list: readonly C[]) => [...list].sort((a, b) => ms(a) - ms(b));
  /** The two best and the standard: who is in the last round, as things stand. */
  const finalists = (list: readonly C[]) => [...new Set([...list.slice(0, 2), ...(standings.has(standard) ? [standard] : [])])];
  const costOf = (list: readonly C[], samples: number) => list.reduce((sum, c) => sum + cost(ms(c), samples), 0);
  /** What a last round takes at least: the best, as far as is known, against the standard or one as good. */
  const reserve = () => {
    const best = Math.min(...[...standings.values()].map((one) => one.ms));
    return cost(best, FEWEST) + cost(standings.get(standard)?.ms ?? best, FEWEST);
  };

  const begin = now();
  const seen = new Set<C>();
  let best = Infinity;
  for (const c of candidates) {
    if (race.stopped?.()) break;
    const latest = standings.size > 0 ? Math.min(begin + FIRST * (deadline - begin), deadline - reserve()) : deadline;
    if (seen.size > 0 && now() > latest) break;
    const once = await race.first(c);
    seen.add(c);
    if (once === undefined) continue;
    best = Math.min(best, once);
    standings.set(c, { ms: once, round: 0, slow: false });
  }
  for (const one of standings.values()) one.slow = one.ms > SLOWER * best;

  let left = sorted([...standings.keys()].filter((c) => !standings.get(c)!.slow));
  let round = 0;
  const run = async (list: readonly C[], samples: number): Promise<number> => {
    round++;
    const taken = await race.time(list, samples, round);
    list.forEach((c, i) => {
      Object.assign(standings.get(c)!, { ms: taken.ms[i]!, round });
    });
    return taken.samples;
  };
  while (left.length > 2 && !race.stopped?.()) {
    const rest = deadline - now() - reserve();
    while (left.length > 2 && costOf(left, SAMPLES) > rest) left.pop(); // the slowest
    if (left.length === 2) break;
    await run(left, SAMPLES);
    left = sorted(left).slice(0, Math.ceil(left.length / 2));
  }

  let last = finalists(left);
  const fits = (samples: number) => costOf(last, samples) <= deadline - now();
  if (!fits(FEWEST)) last = [...new Set([left[0], standings.has(standard) ? standard : left[0]])].filter((c) => c !== undefined);
  let winner: C | undefined;
  const alone = last.length === 1 && (left.length > 1 || candidates.some((c) => !seen.has(c))); // nobody to be faster than, for want of time
  if (last.length > 0 && !alone && fits(FEWEST) && !race.stopped?.()) {
    const samples = await run(last, fits(LAST) ? LAST : FEWEST);
    if (samples >= FEWEST) {
      winner = sorted(last)[0]!;
      if (last.includes(standard) && ms(winner) > (1 - NOISE) * ms(standard)) winner = standard;
    }
  }
  return {
    winner,
    standings: candidates.flatMap((candidate) => {
      const found = standings.get(candidate);
      return found ? [{ candidate, ...found }] : [];
    }),
  };
}
