import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import { createRetention, type KeepDays } from '../../../agent/retain/retention.ts';
import type { RecordBody } from '../../../shared/contract/messages/record.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { body, heldBy, open, silent } from '../buffer/fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_H = 24;

interface Run {
  readonly outbox: Outbox;
  readonly clock: ManualClock;
  hours(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** A start of the agent's outbox with its retention. @param wall what the machine believes */
function begin(folder: string, keepDays: KeepDays, wall: number): Run {
  const clock = new ManualClock();
  clock.wall = () => wall;
  const outbox = open(folder, { clock });
  const retention = createRetention({
    file: path.join(folder, 'retention.json'),
    keepDays,
    outbox,
    clock,
    log: silent,
  });
  void retention.start?.();
  return {
    outbox,
    clock,
    async hours(count) {
      for (let hour = 0; hour < count; hour++) await clock.advance(HOUR_MS);
    },
    async stop() {
      const stopped = retention.stop();
      await clock.advance(1);
      await stopped;
      outbox.close();
    },
  };
}

const ofKind = (outbox: Outbox, kind: string) =>
  heldBy(outbox)
    .filter((record) => record.kind === kind)
    .map(({ mark }) => mark);
const lostIn = (outbox: Outbox) =>
  heldBy(outbox)
    .filter((record) => record.kind === 'loss' && record.reason === 'retention')
    .reduce((sum, { lost }) => sum + Number(lost), 0);
const picture = { data: '/9j/AAAA', width: 1, height: 1 };

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('event' as const, 'reading' as const) }),
  fc.record({ hours: fc.integer({ min: 1, max: 40 }) }),
  // The next start believes that it is 1970, now, or a year ahead.
  fc.record({ wall: fc.constantFrom(0, 1_790_000_000_000, 1_822_000_000_000) }),
);

test('whatever the wall clock says, a record goes after its days of service, not before, and each is counted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const folder = tempFolder();
      const keepDays = { events: 3, readings: 1 };
      let run = begin(folder, keepDays, 0);
      let served = 0;
      let starts = 1;
      const given: { mark: number; kind: 'event' | 'reading'; at: number }[] = [];
      for (const one of steps) {
        if ('kind' in one) {
          given.push({ mark: given.length, kind: one.kind, at: served });
          const appended = run.outbox.append(body(given.length - 1, one.kind));
          await run.clock.advance(0);
          await appended;
        } else if ('hours' in one) {
          await run.hours(one.hours);
          served += one.hours;
        } else {
          await run.stop();
          run = begin(folder, keepDays, one.wall);
          await run.clock.advance(0);
          starts++;
        }
      }
      let gone = 0;
      for (const kind of ['event', 'reading'] as const) {
        const limit = (kind === 'event' ? 3 : 1) * DAY_H;
        const held = new Set(ofKind(run.outbox, kind));
        for (const one of given.filter((record) => record.kind === kind)) {
          const age = served - one.at;
          if (age < limit) expect(held.has(one.mark), `${kind} of ${age} h`).toBe(true);
          // It is noted within an hour, and looked at within another; a start may begin its hours anew.
          if (age > limit + 2 + starts) expect(held.has(one.mark), `${kind} of ${age} h`).toBe(false);
          if (!held.has(one.mark)) gone++;
        }
      }
      expect(lostIn(run.outbox)).toBe(gone);
      await run.stop();
    }),
    { numRuns: 12 },
  );
});

test('a picture goes before its event, which stays', async () => {
  const run = begin(tempFolder(), { events: 9, pictures: 2 }, 0);
  await run.outbox.append([{ ...body(1), snapshot: picture } as RecordBody, body(2, 'error')]);
  await run.hours(DAY_H);
  expect(heldBy(run.outbox).filter(({ snapshot }) => snapshot !== undefined)).toHaveLength(1);
  await run.hours(2 * DAY_H);
  expect(heldBy(run.outbox).map(({ mark, snapshot }) => [mark, snapshot])).toEqual([
    [1, undefined],
    [2, undefined],
  ]);
  await run.hours(10 * DAY_H);
  // Errors and losses are told whatever their age.
  expect(ofKind(run.outbox, 'event')).toEqual([]);
  expect(ofKind(run.outbox, 'error')).toEqual([2]);
  await run.stop();
});

test('without limits nothing goes and no file is written; a file that is damaged makes nothing older', async () => {
  const folder = tempFolder();
  const plain = begin(folder, {}, 0);
  await plain.outbox.append(body(1));
  await plain.hours(40 * DAY_H);
  await plain.stop();
  writeFileSync(path.join(folder, 'retention.json'), '{"format":1,"servedMs":1e99');
  const run = begin(folder, { events: 1 }, 0);
  await run.hours(DAY_H - 1);
  expect(ofKind(run.outbox, 'event')).toEqual([1]);
  await run.hours(3);
  expect(ofKind(run.outbox, 'event')).toEqual([]);
  await run.stop();
});
