import { expect, test } from 'vitest';
import { referenceTime, type TimeSources } from '../../../shared/trust/time.ts';
import { createTrust } from '../../../shared/trust/trust.ts';
import { tempFolder } from '../../support/temp.ts';
import { DAY, Forge, START } from './forge.ts';

test.each<[string, TimeSources, number]>([
  ['a synced clock is believed', { wall: 5, quality: 'synced', hub: 9 }, 5],
  ['another clock is not asked', { wall: 5, quality: 'unsynced', hub: 9 }, 9],
  ['nor one in the far future', { wall: 4e12, quality: 'unsynced', hub: 9, floor: 7 }, 9],
  ['time is not before the newest signature', { wall: 5, quality: 'synced', floor: 7 }, 7],
  ['nor does the hub turn it back', { wall: 5, quality: 'wrong', hub: 6, floor: 7 }, 7],
  ['without any it is 1970', { wall: 5e12, quality: 'wrong' }, 0],
])('%s', (_what, sources, expected) => {
  expect(referenceTime(sources)).toBe(expected);
});

function withClock(forge: Forge, wall: number, quality: TimeSources['quality']) {
  const { root, fetch } = forge;
  return createTrust({ folder: tempFolder(), root, fetch, clock: { wall: () => wall }, quality: () => quality });
}

test.each([
  ['1970', 0],
  ['2099', Date.UTC(2099, 0, 1)],
])('a device that thinks it is %s takes updates by the hub’s time', async (_year, wall) => {
  const forge = new Forge();
  forge.date = START;
  forge.addTarget('m/1.0.0.tar.gz');
  forge.publish();
  const trust = withClock(forge, wall, wall === 0 ? 'wrong' : 'unsynced');
  await trust.refresh();
  expect(trust.target('m/1.0.0.tar.gz').bytes).toBe(14);
  // And a freeze is seen as soon as the hub's time is.
  forge.date = START + 10 * DAY;
  await expect(trust.refresh()).rejects.toThrow(/expired/);
});

test('a lying time of the hub does no lasting harm', async () => {
  const forge = new Forge();
  const trust = withClock(forge, 0, 'wrong');
  forge.date = Date.UTC(2500, 0, 1);
  await expect(trust.refresh()).rejects.toThrow(/expired/);
  forge.date = START;
  await trust.refresh();
});

test('with a bad clock an old state cannot be passed off as fresh once a newer one was seen', async () => {
  const forge = new Forge();
  const trust = withClock(forge, 0, 'wrong');
  forge.date = START;
  await trust.refresh();
  forge.now = START + 5 * DAY;
  forge.publishTimestamp(undefined, { expires: new Date(START + 4 * DAY).toISOString() });
  // The hub says it is START still; the signature says otherwise.
  await expect(trust.refresh()).rejects.toThrow(/expired/);
});
