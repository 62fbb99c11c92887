/**
 * Entries of systemd's journal with fields (systemd.io/JOURNAL_NATIVE_PROTOCOL): `journalctl -p err`, `journalctl VEDETTE_STREAM=gate`.
 *
 * 1. Each entry is one datagram, sent before `write` returns: what a program says before it ends is kept.
 * 2. What cannot be sent so (a full queue, an entry larger than a datagram, no journal) is for the caller to write to stderr,
 *    where the prefix `<3>` says the priority (sd-daemon(3)).
 */
import { fstatSync } from 'node:fs';

export const JOURNAL_SOCKET = '/run/systemd/journal/socket';

/** Does stderr of this process go into the journal? @param env `JOURNAL_STREAM` as systemd sets it: device and inode */
export function isJournal(env: Readonly<Record<string, string | undefined>>, fd = 2): boolean {
  if (!env.JOURNAL_STREAM) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return env.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

/** Syslog's numbers for those of pino. */
export function priorityOf(level: unknown): number {
  const number = typeof level === 'number' ? level : 30;
  return number >= 60 ? 2 : number >= 50 ? 3 : number >= 40 ? 4 : number >= 30 ? 6 : 7;
}

/** What the journal knows by itself, or has under a name of its own. */
const ELSEWHERE = new Set(['level', 'time', 'msg', 'name', 'pid', 'hostname']);

/**
 * An entry out of a line of the log. Its text is the message and the fields, so that it can be read without `-o verbose`; each field is
 * also `VEDETTE_` and its name, an error's parts are `VEDETTE_ERR`, `VEDETTE_CODE` and `VEDETTE_STACK`.
 * `VEDETTE_COMPONENT` is the part of the program that speaks, or the program where the line names none.
 */
export function entryOf(line: Fields): Map<string, string> {
  const name = text(line.name ?? 'unknown');
  const entry = new Map([
    ['MESSAGE', ''],
    ['PRIORITY', String(priorityOf(line.level))],
    ['SYSLOG_IDENTIFIER', `vedette-${name}`],
    ['VEDETTE_COMPONENT', name],
  ]);
  const said = [text(line.msg ?? '')];
  for (const [key, value] of Object.entries(line)) {
    if (ELSEWHERE.has(key) || value === undefined) continue;
    const isError = key === 'err' && typeof value === 'object' && value !== null;
    const { message, stack, code } = isError ? (value as Fields) : {};
    const shown = isError ? text(message ?? value) : text(value);
    const isText = isError || typeof value === 'string';
    const quoted = isText && /[\s"=]/.test(shown) ? JSON.stringify(shown) : shown;
    if (key !== 'device' && shown !== line.msg) said.push(`${key}=${quoted}`);
    entry.set(fieldOf(key), shown);
    if (code !== undefined) entry.set('VEDETTE_CODE', text(code));
    if (stack !== undefined) entry.set('VEDETTE_STACK', text(stack));
  }
  entry.set('MESSAGE', said.filter(Boolean).join(' '));
  return entry;
}

const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** journald takes 64 characters of A to Z, 0 to 9 and `_`. */
const fieldOf = (key: string) =>
  `VEDETTE_${key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`.replaceAll(/[^A-Z0-9_]/g, '_').slice(0, 64);

/** As the journal reads it: a value with a line break has its length before it, 64 bits, little-endian. */
export function datagramOf(entry: ReadonlyMap<string, string>): Buffer {
  return Buffer.concat(
    [...entry].flatMap(([field, value]) => {
      if (!value.includes('\n')) return [Buffer.from(`${field}=${value}\n`)];
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(bytes.length));
      return [Buffer.from(`${field}\n`), length, bytes, Buffer.from('\n')];
    }),
  );
}

/** Lines for stderr, where it goes into the journal. */
export const withPriority = (priority: number, lines: string) => lines.replaceAll(/^(?=.)/gm, `<${priority}>`);

/** What a program says on stderr before it ends with a failure: in the journal an error, elsewhere as it is. */
export const asError = (lines: string, env: Readonly<Record<string, string | undefined>>) =>
  isJournal(env) ? withPriority(3, lines) : lines;
