/** Agreement of edge and hub over time: the series, and when it is called a change. */
import { expect, test } from 'vitest';
import { streamAgreement } from '../../../cloud-hub/contract/agreement.ts';
import { agreementOf, LEAST_FRAMES } from '../../../cloud-hub/inference/agreement.ts';
import type { Spoken } from '../../../cloud-hub/store/opinions.ts';
import { DAY_MS, HOUR_MS } from '../../../shared/kit/durations.ts';
import { tempFolder } from '../../support/temp.ts';
import { addDevice, testHub } from '../support.ts';
import { addJudged, frame, halfWrongBelow } from './judged.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const windows = { bucketMs: DAY_MS, recentMs: DAY_MS, now };
/** So many frames so long ago, of which a share is the same. */
const frames = (n: number, agoMs: number, share: number): Spoken[] =>
  Array.from({ length: n }, (_, i) => frame(0.9, i < n * share, { receivedAt: new Date(now - agoMs).toISOString() }));

test('a series of days, oldest first, of frames that chance chose alone', () => {
  const chosen = frames(50, HOUR_MS, 0).map((one) => ({ ...one, chosenBy: ['score'] }));
  const { items } = agreementOf([...frames(10, HOUR_MS, 0.5), ...chosen, ...frames(30, 3 * DAY_MS, 0.9)], windows);
  expect(items).toMatchObject([
    { at: '2026-11-25T00:00:00.000Z', agreement: { share: 0.9, n: 30 } },
    { at: '2026-11-28T00:00:00.000Z', agreement: { share: 0.5, n: 10 } },
  ]);
});

test('a change is told when chance does not explain it, and only of enough frames', () => {
  const before = frames(100, 5 * DAY_MS, 0.95);
  const drift = (recent: readonly Spoken[]) => agreementOf([...recent, ...before], windows).drift;
  expect(drift(frames(40, HOUR_MS, 0.6))).toBe('worse');
  expect(drift(frames(40, HOUR_MS, 0.9))).toBe('same');
  expect(drift(frames(LEAST_FRAMES - 1, HOUR_MS, 0))).toBe('unknown');
  expect(agreementOf([...frames(200, HOUR_MS, 1), ...frames(100, 5 * DAY_MS, 0.5)], windows).drift).toBe('better');
  expect(agreementOf([], windows)).toEqual({
    items: [],
    drift: 'unknown',
    reason: expect.stringContaining('0 frames'),
  });
});

test('the API tells it per stream', async () => {
  const folder = tempFolder();
  await addJudged(folder, halfWrongBelow);
  const hub = await testHub({ folder });
  await addDevice(hub, 'cam');
  const of = async (stream: string) =>
    streamAgreement.parse(await hub.json(`/devices/cam/streams/${stream}/agreement`));
  expect(await of('door')).toMatchObject({ items: [{ agreement: { share: 0.75, n: 200 } }], drift: 'unknown' });
  expect(await of('yard')).toMatchObject({ items: [] });
  expect((await hub.api('/devices/none/streams/door/agreement')).status).toBe(404);
});
