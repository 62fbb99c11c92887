/** Reads what a bundle is made of: files with secrets, so that they can be taken out, and the end of a log. */
import { execFile } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { messageOf } from '../../kit/errors.ts';

/** A secret is short; a larger file is something else, and is never part of a bundle. */
const MAX_SECRET_BYTES = 64 * 1024;
/** Of a log, from its end. */
const MAX_LOG_BYTES = 1024 * 1024;
const LINES = 2000;
const JOURNAL = '/usr/bin/journalctl';
const JOURNAL_MS = 20_000;

/** The contents of files with secrets; what cannot be read cannot get into a bundle either. */
export function readSecrets(files: Iterable<string>): string[] {
  return [...new Set(files)].flatMap((file) => {
    try {
      return statSync(file).size <= MAX_SECRET_BYTES ? [readFileSync(file, 'utf8')] : [];
    } catch {
      return [];
    }
  });
}

/** Names of variables that hold no secret; of all others the values count as secrets. */
const PLAIN = new Set(
  'PATH HOME PWD OLDPWD SHELL TERM LANG LANGUAGE USER LOGNAME HOSTNAME TZ SHLVL EDITOR PAGER MAIL _ NODE_ENV VEDETTE_DATA_DIR'.split(
    ' ',
  ),
);

/** Beginnings of such names; npm tells each program that it starts about the package. */
const PLAIN_BEGINNINGS = ['LC_', 'npm_package_', 'npm_lifecycle_'];
/** Words of the product itself, which a user, host or unit may be named after. To hide them would hide what a bundle is about. */
const OWN_WORDS = /^vedette(-agent|-hub)?$/;

/** Values of the environment. Short ones are words and numbers. */
export function secretsOfEnvironment(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    isPlain(name) || value.length < 6 || /^(\/|\d+$)/.test(value) || OWN_WORDS.test(value) ? [] : [value],
  );
}

const isPlain = (name: string) => PLAIN.has(name) || PLAIN_BEGINNINGS.some((beginning) => name.startsWith(beginning));

/** The last lines of a file. @throws the file system's error */
export function endOfFile(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, MAX_LOG_BYTES));
    const read = readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    const text = bytes.toString('utf8', 0, read);
    // The first line may be cut: a part of a secret is not recognised.
    const whole = size > bytes.length ? text.slice(text.indexOf('\n') + 1) : text;
    return whole
      .split('\n')
      .slice(-LINES - 1)
      .join('\n');
  } finally {
    closeSync(handle);
  }
}

/** The last lines of a unit in the journal; where there is none, a line that says so. */
export function endOfJournal(unit: string): Promise<string> {
  const args = ['--unit', unit, '--lines', String(LINES), '--output', 'cat', '--no-pager', '--quiet'];
  return new Promise((resolve) => {
    execFile(JOURNAL, args, { timeout: JOURNAL_MS, maxBuffer: 16 * MAX_LOG_BYTES, env: {} }, (error, stdout) => {
      if (error) resolve(`there is no journal of ${unit} here (${messageOf(error)}); give the log with --log\n`);
      else resolve(stdout === '' ? `the journal has nothing of ${unit}; give the log with --log\n` : stdout);
    });
  });
}
