import { expect, test } from 'vitest';
import { Newcomers } from '../../../cloud-hub/rollout/newcomers.ts';
import { keptLog } from '../../support/kept-log.ts';
import { stageOf } from './stage.ts';

test('a rollout that cannot be asked for is tried once, and again after another is done', async () => {
  const stage = await stageOf('a');
  await stage.begin({ waves: [{ percent: 100, soakS: 0 }] });
  await stage.untilQuiet(2);
  expect((await stage.rollout()).status).toBe('done');
  await stage.add('b');
  const { log, lines } = keptLog();
  const { store, clock } = stage;
  const partFor = () => {
    throw new Error('the package is gone');
  };
  const newcomers = new Newcomers({ store, clock, log, partFor });
  const report = async () => {
    expect(await newcomers.reported('b', [])).toBeUndefined();
    return lines.map(({ level, rollout, device }) => `${level} ${rollout} ${device}`);
  };
  expect(await report()).toEqual(['warn r1 b']);
  expect(await report()).toHaveLength(1);
  newcomers.changed();
  expect(await report()).toHaveLength(2);
  expect(await report()).toHaveLength(2);
  expect(await store.desired.get('b')).toBeUndefined();
});
