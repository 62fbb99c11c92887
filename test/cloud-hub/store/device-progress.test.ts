/** A database of before phases and stages had columns: what stood in front of a device's words is taken apart. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { progressText } from '../../../cloud-hub/contract/progress-text.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';

const late = 'not done in time; its last word is ';

/** As it was written before, and what it means. */
const rows: readonly (readonly [outcome: string, reason: string, progress: Record<string, string>])[] = [
  ['waiting', '', {}],
  ['active', '', {}],
  ['working', 'proving', { phase: 'proving' }],
  ['working', 'waiting: the disk has 3 MB free', { phase: 'waiting', reason: 'the disk has 3 MB free' }],
  ['working', 'waiting: proving: x', { phase: 'waiting', reason: 'proving: x' }],
  ['failed', 'proof: not finite', { stage: 'proof', reason: 'not finite' }],
  ['failed', 'trust: signature: 0 of 1', { stage: 'trust', reason: 'signature: 0 of 1' }],
  ['failed', 'swap: proof: x', { stage: 'swap', reason: 'proof: x' }],
  ['failed', 'streams: streams.door.fps: too large', { stage: 'streams', reason: 'streams.door.fps: too large' }],
  ['failed', `${late}waiting: no network`, { stage: 'late', phase: 'waiting', reason: 'no network' }],
  ['failed', `${late}downloading`, { stage: 'late', phase: 'downloading' }],
  ['failed', 'not done in time; it has not taken up what it was asked', { stage: 'late' }],
];

test('each kind of standing is taken over, and reads as it read before', async () => {
  const folder = tempFolder();
  const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  database.exec(readFileSync(path.join(import.meta.dirname, 'databases/version-4.sql'), 'utf8'));
  database.exec('DELETE FROM rollout_devices');
  for (const [i, [outcome, reason]] of rows.entries()) {
    database
      .prepare(
        'INSERT INTO rollout_devices (rollout, device, wave, asked_at, outcome, reason) VALUES (1, ?, 0, 0, ?, ?)',
      )
      .run(`d${String(i).padStart(2, '0')}`, outcome, reason);
  }
  database.close();

  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  const found = (await store.rollouts.devices(1)).map(({ progress }) => progress);
  expect(found).toEqual(rows.map(([outcome, , progress]) => ({ outcome, reason: '', ...progress })));
  expect(found.map(progressText)).toEqual(rows.map(([, reason]) => reason));
});
