/**
 * What strangers say (a device's message, a label or a licence inside a model file) must not command the terminal that shows it:
 * escape sequences move the cursor, change the title, and on some terminals more.
 */
import { Writable } from 'node:stream';

/** Control characters but line ends and tabs, and those that turn the direction of text around. */
const COMMANDS = /(?![\n\r\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** The text with each of them written out, as `\x1b`. */
export function plainText(text: string): string {
  return text.replaceAll(COMMANDS, (one) => {
    const code = one.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/** What is written to it reaches a terminal as plain text; what is no terminal, a file or another program, gets it as it is. */
export function plainTerminal(stream: Writable & { readonly isTTY?: boolean }): Writable {
  if (stream.isTTY !== true) return stream;
  return new Writable({
    decodeStrings: false,
    // A terminal is written to at once: nothing waits here when the process ends.
    write(chunk: unknown, _encoding, done) {
      stream.write(plainText(String(chunk)));
      done();
    },
  });
}
