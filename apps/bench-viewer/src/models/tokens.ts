// Text as numbers, for models that come without their own tokenizer.

export interface Tokens {
  /** What they are, in words. */
  readonly kind: string;
  /** @throws Error for text that has no tokens */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
}

/** A line break and the 95 printable characters of ASCII. */
const PRINTABLE = `\n${Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("")}`;
export const CHARACTERS: number = PRINTABLE.length;

const UNKNOWN = "\ufffd";

/** Without a vocabulary: bytes of UTF-8 where there is room for them, else characters. */
export const plainTokens = (count: number): Tokens => (count >= 256 ? bytes : characters(PRINTABLE.slice(0, count)));

const bytes: Tokens = {
  kind: "bytes of UTF-8",
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids, (id) => (id < 256 ? id : 0x3f))),
};

function characters(all: string): Tokens {
  return {
    kind: `${all.length} characters`,
    encode: (text) =>
      Array.from(text, (character) => {
        const at = all.indexOf(character);
        if (at < 0) throw new Error(`this model has no character ${JSON.stringify(character)}`);
        return at;
      }),
    decode: (ids) => ids.map((id) => all[id] ?? UNKNOWN).join(""),
  };
}

/** The characters that GPT-2's vocabulary writes bytes as: printable ones stand for themselves, the rest from U+0100 on. */
const LETTERS: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const itself = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(itself ? byte : next++);
  });
})();

/**
 * By a vocab.json: `{ "token": id }`, or a list. The longest token that fits is taken each time, which is not how a byte-pair tokenizer splits:
 * what is written is right, what is read may be cut otherwise than in training.
 */
export function vocabularyTokens(json: string): Tokens {
  const given = JSON.parse(json) as Readonly<Record<string, number>> | readonly string[];
  const ids = new Map(Array.isArray(given) ? given.map((token, id) => [token, id]) : Object.entries(given));
  const names: string[] = [];
  for (const [token, id] of ids) {
    if (!Number.isInteger(id) || id < 0) throw new Error(`the vocabulary has ${JSON.stringify(id)} for ${JSON.stringify(token)}`);
    names[id] = token;
  }
  const ofBytes = ids.has(LETTERS[32]!) || names.some((name) => name?.startsWith(LETTERS[32]!));
  const byteOf = new Map(LETTERS.map((letter, byte) => [letter, byte]));
  const longest = Math.max(...names.map((name) => name?.length ?? 0));
  return {
    kind: `${ids.size} tokens of vocab.json, the longest first`,
    encode(text) {
      const letters = ofBytes ? [...new TextEncoder().encode(text)].map((byte) => LETTERS[byte]!).join("") : text;
      const found: number[] = [];
      for (let at = 0; at < letters.length; ) {
        let length = Math.min(longest, letters.length - at);
        while (length > 0 && !ids.has(letters.slice(at, at + length))) length--;
        if (length === 0) throw new Error(`this vocabulary has no token for ${JSON.stringify(letters[at])}`);
        found.push(ids.get(letters.slice(at, at + length))!);
        at += length;
      }
      return found;
    },
    decode(list) {
      const letters = list.map((id) => names[id] ?? UNKNOWN).join("");
      if (!ofBytes) return letters;
      return new TextDecoder().decode(Uint8Array.from(letters, (letter) => byteOf.get(letter) ?? 0x3f));
    },
  };
}
