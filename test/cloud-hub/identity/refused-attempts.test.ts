import { expect, test } from 'vitest';
import { createRefusedAttempts } from '../../../cloud-hub/identity/refused-attempts.ts';
import type { Parts } from '../../../cloud-hub/store/store.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOUR = 3_600_000;
const about = { route: 'GET /api/v1/audit', status: 403 };

type Row = readonly [actor: string, action: string, detail: unknown];

function setUp(limits: { perSource?: number; inAll?: number } = {}, fails = () => false) {
  const rows: Row[] = [];
  const clock = new ManualClock();
  const add = async (act: { actor: string }, action: string, _subject: string, detail: unknown) => {
    if (fails()) throw new Error('the disk is full');
    rows.push([act.actor, action, detail]);
  };
  const refused = createRefusedAttempts({
    store: { transact: (work) => work({ audit: { add } } as unknown as Parts) },
    clock,
    log: createLogger('x', 'silent'),
    ...limits,
  });
  return { rows, clock, refused };
}

test('the first of a network are entries, the rest of the hour is one number', async () => {
  const { rows, clock, refused } = setUp({ perSource: 2, inAll: 5 });
  for (let n = 0; n < 4; n++) await refused.add({ ...about, actor: 'ann', address: `2001:db8::${n}` });
  await refused.add({ ...about, address: '192.0.2.1' });
  expect(rows.map(([actor, action]) => [actor, action])).toEqual([
    ['ann', 'refused'],
    ['ann', 'refused'],
    ['nobody', 'refused'],
  ]);
  await clock.advance(HOUR);
  expect(rows.at(-1)).toEqual(['hub', 'refused.more', { attempts: 2 }]);
  await clock.advance(HOUR);
  expect(rows).toHaveLength(4);
  await refused.add({ ...about, actor: 'ann', address: '2001:db8::1' });
  expect(rows.at(-1)).toEqual(['ann', 'refused', { status: 403 }]);
});

test('a flood from everywhere leaves so many entries in an hour and no more, and all of it is counted', async () => {
  const { rows, clock, refused } = setUp();
  for (let n = 0; n < 100_000; n++)
    await refused.add({ ...about, address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` });
  expect(rows).toHaveLength(100);
  await clock.advance(HOUR);
  expect(rows).toHaveLength(101);
  expect(rows.at(-1)).toEqual(['hub', 'refused.more', { attempts: 99_900 }]);
});

test('the end of the hub tells what was only counted', async () => {
  const { rows, refused } = setUp({ perSource: 0 });
  await refused.add({ ...about, address: 'x' });
  await refused.stop();
  expect(rows).toEqual([['hub', 'refused.more', { attempts: 1 }]]);
});

test('an audit that cannot be written stops nothing', async () => {
  const { rows, clock, refused } = setUp({ perSource: 1 }, () => true);
  for (let n = 0; n < 3; n++) await refused.add({ ...about, address: 'x' });
  await clock.advance(HOUR);
  await refused.stop();
  expect(rows).toEqual([]);
});
