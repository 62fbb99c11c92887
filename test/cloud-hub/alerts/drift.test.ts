/** Drift of scores, over summaries in a real database. */
import { expect, test } from 'vitest';
import { AlertEngine } from '../../../cloud-hub/alerts/engine.ts';
import { PastScores } from '../../../cloud-hub/alerts/past-scores.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import type { Report } from '../../../shared/contract/messages/report.ts';
import { summaryRecord } from '../support.ts';
import { engineParts, engineWith } from './engine-with.ts';

const MINUTE = 60_000;
const EARLIER = 120 * MINUTE;
const usual = [0, 0, 0, 10, 20, 30, 40, 30, 15, 5];
const faint = [0, 0, 0, 70, 40, 20, 10, 5, 5, 0];

/** A box whose rule compares an hour with the hour that began two hours before it. */
async function drifting(condition: Record<string, unknown> = {}) {
  const rule = { condition: { kind: 'drift', agoS: EARLIER / 1000, ...condition }, channels: ['hook'] };
  const bench = await engineWith({ moved: rule }, 1);
  const { store, clock, minutes } = bench;
  let seq = 0;
  /** Summaries of the last hour, one per minute. */
  const hour = (scores: readonly number[], digest = 'sha256:a') =>
    store.transact(async (tx) => {
      for (let ago = 60; ago > 0; ago--) {
        seq++;
        const model = { name: 'people', version: '1.0.0', digest, variant: 'fp32' };
        const record = recordBody.parse({
          ...summaryRecord(seq, { scores, model }),
          wall: clock.wall() - ago * MINUTE,
        });
        const [receivedAt, body] = [clock.wall(), JSON.stringify(record)];
        await tx.records.add([{ device: 'box-0', epoch: 'e1', seq, receivedAt, backfill: false, record, body }]);
      }
    });
  const said = { streams: [{ id: 'door', state: 'running', source: 'x', fps: 5, rules: [] }] } as unknown as Report;
  await store.transact(async (tx) => tx.devices.noteContact('box-0', { report: said }, clock.wall()));
  const firing = async () => {
    await minutes(7);
    return (await store.alerts.open()).map(({ subject, text }) => [subject, text]);
  };
  return { ...bench, hour, firing };
}

test('scores that moved fire, and end when they are as they were', async () => {
  const { minutes, hour, firing } = await drifting();
  await hour(usual);
  expect(await firing()).toEqual([]);
  await minutes(EARLIER / MINUTE - 7);
  await hour(faint);
  const [[subject, text] = []] = await firing();
  expect(subject).toBe('door');
  expect(text).toMatch(/moved by \d\.\d+ \(population stability index\)/);
  await minutes(EARLIER / MINUTE - 7);
  await hour(faint);
  expect(await firing()).toEqual([]);
});

test('what cannot be judged changes nothing: another model, too few scores, nothing before', async () => {
  const { minutes, hour, firing, store } = await drifting();
  await hour(usual);
  await minutes(EARLIER / MINUTE);
  await hour(faint, 'sha256:b');
  expect(await firing()).toEqual([]);
  await minutes(EARLIER / MINUTE - 7);
  await hour(usual, 'sha256:b');
  expect(await firing()).toHaveLength(1);
  await minutes(EARLIER / MINUTE - 7);
  await hour([0, 0, 0, 0, 0, 0, 0, 0, 1, 0], 'sha256:b');
  expect(await firing()).toHaveLength(1);
  expect(await store.alerts.open()).toHaveLength(1);
});

test('a hub that starts again judges by what is stored', async () => {
  const { clock, minutes, hour, engine, store } = await drifting();
  await hour(usual);
  await minutes(EARLIER / MINUTE);
  await engine.stop();
  await hour(faint);
  const next = new AlertEngine({ store, clock, ...engineParts() });
  await next.start();
  await clock.advance(2 * MINUTE);
  await next.stop();
  expect((await store.alerts.open()).map(({ subject }) => subject)).toEqual(['door']);
});

test('a period is read again after a tenth of its length, and when the clock was set back', async () => {
  let reads = 0;
  const past = new PastScores();
  const store = { scoresBetween: async () => ({ bins: [[++reads]], models: [] }) };
  const at = async (now: number) => (await past.of(store, 'box', 'door', now - 3_600_000, now, 0)).bins;
  const found: (readonly number[])[] = [];
  for (const ms of [0, 359_999, 360_000, 0]) found.push(await at(1e12 + ms));
  expect(found).toEqual([[1], [1], [2], [3]]);
});
