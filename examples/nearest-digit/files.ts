import { DataError, type Idx } from "./idx.ts";
import type { Digits } from "./nearest.ts";

type Part = "train" | "test";
type Kind = Idx["kind"];

/** The four files, as MNIST names them. */
const FILES: readonly { part: Part; kind: Kind; called: string; usual: string }[] = [
  { part: "train", kind: "images", called: "training images", usual: "train-images-idx3-ubyte" },
  { part: "train", kind: "labels", called: "training labels", usual: "train-labels-idx1-ubyte" },
  { part: "test", kind: "images", called: "test images", usual: "t10k-images-idx3-ubyte" },
  { part: "test", kind: "labels", called: "test labels", usual: "t10k-labels-idx1-ubyte" },
];

const partOf = (name: string): Part | undefined =>
  /^train/i.test(name) ? "train" : /^(t10k|test)/i.test(name) ? "test" : undefined;
const kindOf = (name: string): Kind | undefined =>
  /images/i.test(name) ? "images" : /labels/i.test(name) ? "labels" : undefined;

/**
 * Chooses the four files (or those of one part) from a folder's names; the full training set before a part of it, unzipped before zipped.
 * @throws DataError when one is missing.
 */
export function chooseFiles(folder: string, names: readonly string[], only?: Part): string[] {
  return FILES.filter(({ part }) => part === (only ?? part)).map(({ part, kind, called, usual }) => {
    const rank = (name: string) =>
      (/^(train|t10k|test)[-_.]?(images|labels)/i.test(name) ? 0 : 2) + (name.endsWith(".gz") ? 1 : 0);
    const fits = names.filter((name) => partOf(name) === part && kindOf(name) === kind && /idx[13](-ubyte)?(\.gz)?$/i.test(name));
    const [best] = fits.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
    if (best === undefined) throw new DataError(`${folder} has no ${called}: needed is a file named like ${usual}, .gz or not.`);
    return best;
  });
}

/**
 * Puts the four files together: content tells images from labels, names tell training from test.
 * @throws DataError when one is missing, given twice, mixed up with another or of another count or size.
 */
export function assemble(files: readonly Idx[]): { train: Digits; test: Digits } {
  const [train, test] = [digitsOf(files, "train"), digitsOf(files, "test")];
  if (train.rows !== test.rows || train.columns !== test.columns) {
    const size = ({ rows, columns }: Digits) => `${rows} x ${columns}`;
    throw new DataError(`Images differ in size: training images have ${size(train)} pixels, test images ${size(test)}.`);
  }
  return { train, test };
}

/**
 * The digits of one part among files of both.
 * @throws DataError when one is missing, given twice, mixed up with another or of another count.
 */
export function digitsOf(files: readonly Idx[], only: Part): Digits {
  for (const { name, kind } of files) {
    if (!partOf(name)) throw new DataError(`${name} may be for training or for test: its name should start with train or t10k.`);
    if ((kindOf(name) ?? kind) !== kind)
      throw new DataError(`${name} holds ${kind}, unlike its name: were images and labels mixed up?`);
  }
  const [images, labels] = FILES.filter(({ part }) => part === only).map(({ part, kind, called, usual }) => {
    const fits = files.filter((file) => partOf(file.name) === part && file.kind === kind);
    const given = files.map(({ name }) => name).join(", ") || "nothing";
    if (fits.length === 0) throw new DataError(`The ${called} are missing (${usual}); given: ${given}.`);
    if (fits.length > 1) throw new DataError(`${fits.map(({ name }) => name).join(" and ")} are both ${called}: choose one.`);
    return fits[0]!;
  }) as [Idx, Idx];
  if (images.count !== labels.count) {
    throw new DataError(
      `${images.name} has ${images.count} images and ${labels.name} ${labels.count} labels: they do not belong together.`,
    );
  }
  if (images.count === 0) throw new DataError(`${images.name} has no images.`);
  return { count: images.count, rows: images.rows, columns: images.columns, images: images.data, labels: labels.data };
}
