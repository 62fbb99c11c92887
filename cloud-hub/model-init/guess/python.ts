/**
 * Python literals as exporters leave them in metadata: `{0: 'person', 1: "traffic light"}`, `[640, 640]`, `True`. JSON is read too:
 * what both have in common is written alike.
 */

/** Deeper or longer than this is no metadata of an exporter. */
const MAX_DEPTH = 8;
const MAX_ITEMS = 100_000;

export type Literal = string | number | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** @returns undefined for anything that is not one whole literal */
export function parsePython(text: string): Literal | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return reader.atEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const words: Readonly<Record<string, Literal>> = {
  True: true,
  False: false,
  None: null,
  true: true,
  false: false,
  null: null,
};
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

class Reader {
  readonly #text: string;
  #at = 0;
  #items = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#space();
    return this.#at === this.#text.length;
  }

  value(depth: number): Literal {
    this.#space();
    if (depth > MAX_DEPTH || ++this.#items > MAX_ITEMS) throw new SyntaxError('too deep or too long');
    const next = this.#text[this.#at] ?? '';
    if (next === "'" || next === '"') return this.#string(next);
    if (next === '[') return this.#list(']', depth);
    if (next === '(') return this.#list(')', depth);
    if (next === '{') return this.#map(depth);
    const word = /[-+\w.]+/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    if (Object.hasOwn(words, found)) return words[found] ?? null;
    if (found === '' || !Number.isFinite(Number(found))) throw new SyntaxError('no literal');
    return Number(found);
  }

  #string(quote: string): string {
    let text = '';
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at] ?? '';
      if (character === quote) {
        this.#at++;
        return text;
      }
      if (character !== '\\') text += character;
      else {
        const escaped = this.#text[++this.#at] ?? '';
        text += escapes[escaped] ?? escaped;
      }
    }
    throw new SyntaxError('a text without its end');
  }

  #list(end: string, depth: number): Literal[] {
    this.#at++;
    const items: Literal[] = [];
    while (!this.#takes(end)) {
      items.push(this.value(depth + 1));
      if (!this.#takes(',')) {
        this.#require(end);
        break;
      }
    }
    return items;
  }

  #map(depth: number): ReadonlyMap<string, Literal> {
    this.#at++;
    const items = new Map<string, Literal>();
    while (!this.#takes('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number') throw new SyntaxError('no key');
      this.#require(':');
      items.set(String(key), this.value(depth + 1));
      if (!this.#takes(',')) {
        this.#require('}');
        break;
      }
    }
    return items;
  }

  #takes(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #require(character: string): void {
    if (!this.#takes(character)) throw new SyntaxError(`no ${character}`);
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}
