import { expect, test } from 'vitest';
import { hubConfig } from '../../../cloud-hub/config.ts';
import { examineGrowth, judgeGrowth } from '../../../cloud-hub/doctor/growth.ts';
import { forecast } from '../../../cloud-hub/retention/forecast.ts';
import { tempFolder } from '../../support/temp.ts';

const DAY_MS = 86_400_000;
const now = 400 * DAY_MS;

/** A hub that gets 1 GB a day since a hundred days. */
function outlook(freeBytes: number) {
  const growth = {
    ...{ kind: 'events' as const, rows: 100_000, oldest: now - 100 * DAY_MS, newest: now },
    ...{ recent: 7000, bytesEach: 1e6 },
  };
  return { outlook: forecast([growth], { keep: {}, freeBytes, now }), freeBytes };
}

test('a disk that will soon be full is a note with what to do, and one that will do is fine', () => {
  expect(judgeGrowth(outlook(500e9))).toEqual([
    {
      subject: 'growth',
      level: 'ok',
      text: 'records take 1.0 GB a day, at this rate 465.0 GB in a year; 500.0 GB are free: enough for 501 days',
    },
  ]);
  expect(judgeGrowth(outlook(50e9))).toMatchObject([{ level: 'note', advice: expect.stringContaining('--keep') }]);
  expect(judgeGrowth(outlook(9e12))[0]?.text).toContain('enough for more than ten years');
});

test('a hub that is new, or without a database, has nothing to say', async () => {
  expect(judgeGrowth({ outlook: undefined, freeBytes: 1 })).toEqual([]);
  expect(await examineGrowth(hubConfig.parse({}), tempFolder(), now)).toEqual([]);
});
