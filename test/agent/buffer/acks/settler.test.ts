/** Acknowledgements that wait for each other, in a whole outbox. */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ManualClock } from '../../../support/manual-clock.ts';
import { tempFolder } from '../../../support/temp.ts';
import { afterKill, body, heldBy, open, unsynced } from '../fixture.ts';

async function setUp(records: number) {
  const folder = tempFolder();
  const clock = new ManualClock();
  const outbox = open(folder, { clock, open: unsynced });
  onTestFinished(() => outbox.close());
  await outbox.append(Array.from({ length: records }, (_, mark) => body(mark)));
  const { epoch } = outbox;
  return { folder, clock, outbox, epoch, waiting: () => outbox.state().waiting };
}

test('an acknowledgement that more will follow waits for them, but 20 ms at most', async () => {
  const { clock, outbox, epoch, waiting } = await setUp(10);
  expect(outbox.ack({ epoch, upTo: 3 }, true)).toBe('settled');
  expect([waiting(), outbox.base()]).toEqual([10, 4]);
  expect(outbox.lease(10, 1e6).map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  await clock.advance(19);
  expect(waiting()).toBe(10);
  await clock.advance(1);
  expect(waiting()).toBe(7);
});

test('the fourth, or one that none will follow, settles them all', async () => {
  const { outbox, epoch, waiting } = await setUp(10);
  for (const upTo of [1, 2, 3]) outbox.ack({ epoch, upTo }, true);
  expect(waiting()).toBe(10);
  outbox.ack({ epoch, upTo: 4 }, true);
  expect(waiting()).toBe(6);
  outbox.ack({ epoch, upTo: 5 }, true);
  outbox.ack({ epoch, upTo: 6 });
  expect(waiting()).toBe(4);
});

test('what waits is settled before records are erased, refused or renamed, and when the outbox is closed', async () => {
  const { clock, outbox, epoch, folder } = await setUp(10);
  outbox.ack({ epoch, upTo: 2 }, true);
  const erasing = outbox.erase(() => 'erase');
  await clock.advance(0);
  expect(await erasing).toMatchObject({ records: 8 });
  await outbox.append([body(20), body(21), body(22), body(23)]);
  const { lastSeq } = outbox;
  outbox.ack({ epoch, upTo: lastSeq - 3 }, true);
  expect(outbox.refuse({ from: 1, to: lastSeq - 2, reason: 'bad' })).toBe(1);
  outbox.ack({ epoch, upTo: lastSeq - 1 }, true);
  expect(outbox.ack({ epoch, upTo: lastSeq + 1 })).toBe('forked');
  expect(heldBy(outbox).map(({ mark }) => mark)).toEqual([23]);
  outbox.ack({ epoch: outbox.epoch, upTo: lastSeq }, true);
  outbox.close();
  const again = open(folder, { open: unsynced });
  expect(again.state().waiting).toBe(0);
  again.close();
});

test('a kill forgets what waits: it is sent again, and nothing else is lost', async () => {
  const step = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), more: fc.boolean(), ms: fc.nat(30) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const { folder, clock, outbox, epoch, waiting } = await setUp(50);
      let upTo = 0;
      for (const { share, more, ms } of steps) {
        upTo = Math.max(upTo, Math.floor(share * 50));
        expect(outbox.ack({ epoch, upTo }, more)).toBe('settled');
        if (!more) expect(waiting()).toBe(50 - upTo);
        await clock.advance(ms);
        expect(outbox.base()).toBe(upTo + 1);
      }
      const killed = open(afterKill(folder), { open: unsynced });
      const held = heldBy(killed).map(({ seq }) => seq);
      killed.close();
      // A part at one end, with all that the hub does not have.
      expect(held).toEqual(Array.from({ length: held.length }, (_, i) => 51 - held.length + i));
      expect(held.length).toBeGreaterThanOrEqual(50 - upTo);
      await clock.advance(20);
      expect(waiting()).toBe(50 - upTo);
      outbox.close();
    }),
    { numRuns: 25 },
  );
});
