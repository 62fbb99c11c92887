import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { heldBy, open } from './fixture.ts';

const appender = fileURLToPath(new URL('../../../dist/test/agent/buffer/appender.js', import.meta.url));

/** Runs the appender until it has reported `reports` commits, kills it without warning, returns the last mark it reported. */
async function appendAndKill(folder: string, first: number, reports: number): Promise<number> {
  const child = spawn(process.execPath, [appender, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let last = -1;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    seen++;
    if (seen === reports) child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
  return last;
}

test('kill -9 in the middle of appending loses nothing that was committed and never reuses a number', async () => {
  const folder = tempFolder();
  let next = 0;
  let highestSeq = 0;
  for (const reports of [7, 60, 23]) {
    const committed = await appendAndKill(folder, next, reports);
    expect(committed).toBeGreaterThan(next);
    const outbox = open(folder);
    const held = heldBy(outbox);
    // Whole, in order, and at least up to what the child was told is safe; numbers go on where they were.
    expect(held.map((r) => r.mark)).toEqual(Array.from({ length: held.length }, (_, i) => next + i));
    expect(held.at(-1)?.mark).toBeGreaterThanOrEqual(committed);
    expect(held.map((r) => r.seq)).toEqual(Array.from({ length: held.length }, (_, i) => highestSeq + 1 + i));
    expect(outbox.state()).toMatchObject({ waiting: held.length, lastSeq: highestSeq + held.length, givenUp: 0 });
    next += held.length;
    highestSeq = outbox.lastSeq;
    expect(outbox.ack({ epoch: outbox.epoch, upTo: highestSeq })).toBe('settled');
    outbox.close();
  }
});
