/**
 * Loaded into the agents of a chaos run before they start (`node --import`). It changes nothing that they do; it
 * - writes down each committed transaction of the outbox, right after SQLite's COMMIT has returned, to the file
 *   VEDETTE_CHAOS_COMMITS: what the agent promised, as the agent's own SQLite saw it;
 * - sets the wall clock (`Date`) off by what the file VEDETTE_CHAOS_CLOCK says, in milliseconds or as `1970`.
 *
 * A process that is killed between COMMIT and the line leaves a commit that only its file has: whoever reads the lines reads
 * the file of the dead agent too (commits.ts). Nothing can have been deleted from it in between.
 */
import { openSync, readFileSync, watchFile, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { contentOf, kindOf } from './content.ts';

const { VEDETTE_CHAOS_COMMITS: commitsFile, VEDETTE_CHAOS_CLOCK: clockFile } = process.env;
if (commitsFile) followCommits(openSync(commitsFile, 'a'));
if (clockFile) skewClock(clockFile);

function followCommits(log: number): void {
  let epoch = '';
  let written: [number, string, string][] = [];
  const receive = (source: string, args: readonly unknown[]) => {
    const note = (seq: unknown, body: unknown) => {
      const json = String(body);
      written.push([Number(seq), contentOf(json), kindOf(json)]);
    };
    if (/^INSERT INTO records_/.test(source)) note(args[0], args[2]);
    else if (/^UPDATE records_/.test(source)) note(args[2], args[1]);
    else if (/^(UPDATE meta SET|INSERT INTO meta)/.test(source)) epoch = JSON.parse(String(args[0])).epoch;
  };
  const statement = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1'));
  const { run } = statement;
  statement.run = function follow(this: { readonly source: string }, ...args: unknown[]) {
    if (this.source.startsWith('BEGIN')) written = [];
    const result = run.apply(this, args);
    // A line of its own even after one that a kill has cut off.
    if (this.source !== 'COMMIT') receive(this.source, args);
    else if (written.length > 0) writeSync(log, `\n${JSON.stringify({ epoch, written })}`);
    return result;
  };
}

function skewClock(file: string): void {
  const real = Date.now;
  let offMs = 0;
  const look = () => {
    const text = readFileSync(file, 'utf8').trim();
    // A clock without a battery: it counts on from 1970.
    offMs = text === '1970' ? -real() : Number(text) || 0;
  };
  look();
  watchFile(file, { persistent: false, interval: 100 }, look);
  const now = () => real() + offMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
}
