/** The lines of a text in UTF-8 or, with its mark, UTF-16, one after another, without ever holding more than a piece of the file. */
import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** Longer than any row that has a use; the rest of such a line is left out. */
export const MAX_LINE = 65_536;

export interface Line {
  readonly number: number;
  readonly text: string;
  /** It was longer than `MAX_LINE` and is cut. */
  readonly cut: boolean;
}

export interface LineSplitter {
  /** @returns the lines that are complete with these bytes */
  push(bytes: Buffer): readonly Line[];
  /** @returns the last line, where nothing ends it */
  end(): Line | undefined;
}

export function createLineSplitter(): LineSplitter {
  let decoder: StringDecoder | undefined;
  let number = 0;
  let rest = '';
  let cut = false;
  const lineOf = (text: string): Line => {
    const marked = ++number === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
    const line = { number, text: marked.endsWith('\r') ? marked.slice(0, -1) : marked, cut };
    cut = false;
    return line;
  };
  return {
    push(bytes) {
      decoder ??= new StringDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8');
      const parts = (rest + decoder.write(bytes)).split('\n');
      rest = parts.pop() ?? '';
      const lines = parts.map((part) => {
        if (part.length > MAX_LINE) cut = true;
        return lineOf(part.slice(0, MAX_LINE));
      });
      if (rest.length > MAX_LINE) {
        cut = true;
        rest = rest.slice(0, MAX_LINE);
      }
      return lines;
    },
    end() {
      rest += decoder?.end() ?? '';
      return rest === '' ? undefined : lineOf(rest);
    },
  };
}

/** @throws the file system's error */
export async function* linesOf(file: string, signal: AbortSignal): AsyncGenerator<Line> {
  const splitter = createLineSplitter();
  for await (const chunk of createReadStream(file, { signal })) yield* splitter.push(chunk as Buffer);
  const last = splitter.end();
  if (last) yield last;
}
