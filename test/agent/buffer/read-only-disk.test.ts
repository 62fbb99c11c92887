/** A disk that turns read-only under a running agent, and comes back under another mount, as a repaired one does. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { mayCutPower, powerDisk } from '../../support/power-disk.ts';
import { body, heldBy, open } from './fixture.ts';

const DISK_BYTES = 48 * 2 ** 20;

test.skipIf(!mayCutPower())('an outbox goes on in the file that is there when its disk was mounted anew', async () => {
  const disk = powerDisk(DISK_BYTES);
  const folder = path.join(disk.folder, 'data');
  const clock = new ManualClock();
  const outbox = open(folder, { clock });
  await outbox.append([1, 2, 3].map((mark) => body(mark)));
  const { epoch } = outbox;
  outbox.ack({ epoch, upTo: 1, at: 0 });

  disk.turnReadOnly();
  const fates = [4, 5].map((mark) => outbox.append(body(mark, 'event', 5000)));
  await clock.advance(30_000);
  expect(outbox.state()).toMatchObject({ inMemory: 2, blocked: expect.any(String) });

  disk.comeBack();
  await clock.advance(30_000);
  expect(await Promise.all(fates)).toEqual(['committed', 'committed']);
  expect(outbox.state()).toMatchObject({ epoch, inMemory: 0, blocked: undefined, givenUp: 0 });
  expect(heldBy(outbox).map((record) => record.mark)).toEqual([2, 3, 4, 5]);
  // The folder that is there now is locked as the old one was.
  expect(() => open(folder, { clock })).toThrow(/in use by another agent/);
  outbox.close();

  // And all of it is on the disk that is there now.
  const again = open(folder, { clock });
  expect(again.epoch).toBe(epoch);
  expect(heldBy(again).map((record) => record.mark)).toEqual([2, 3, 4, 5]);
  again.close();
});

test.skipIf(!mayCutPower())('a disk that is away, with nothing in its place, is waited for', async () => {
  const disk = powerDisk(DISK_BYTES);
  const folder = path.join(disk.folder, 'data');
  const clock = new ManualClock();
  const outbox = open(folder, { clock });
  await outbox.append(body(1));
  disk.turnReadOnly();
  const away = disk.takeAway();
  const fate = outbox.append(body(2, 'event', 5000));
  await clock.advance(60_000);
  expect(outbox.state()).toMatchObject({ inMemory: 1, blocked: expect.any(String) });
  away.comeBack();
  await clock.advance(30_000);
  expect(await fate).toBe('committed');
  expect(heldBy(outbox).map((record) => record.mark)).toEqual([1, 2]);
  outbox.close();
});
