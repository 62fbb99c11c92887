import { expect, test } from 'vitest';
import { createApi } from '../../../../cloud-hub/dashboard/state/api.ts';
import { defaultFields, readForm } from '../../../../cloud-hub/dashboard/state/rollout-form.ts';
import { modelOf, rolloutOf } from '../rollouts.ts';

/** The API client over a hub that answers the same to everything. */
function bench(status: number, body?: unknown) {
  const asked: { what: string; body: unknown }[] = [];
  const api = createApi({
    fetch: async (path, init) => {
      asked.push({ what: `${init?.method} ${path}`, body: JSON.parse(String(init?.body ?? 'null')) });
      return new Response(body === undefined ? null : JSON.stringify(body), { status });
    },
    onUnauthorized: () => undefined,
  });
  return { api, asked };
}

test('a rollout is turned, with the gates that are overruled', async () => {
  const { api, asked } = bench(200, rolloutOf());
  await api.turnRollout('r1', 'pause');
  await api.turnRollout('r1', 'resume', ['latency', 'drift']);
  expect(asked).toEqual([
    { what: 'POST /api/v1/rollouts/r1/pause', body: {} },
    { what: 'POST /api/v1/rollouts/r1/resume', body: { waive: ['latency', 'drift'] } },
  ]);
});

test('a dry run and the real thing differ in nothing else', async () => {
  const reading = readForm(defaultFields('bright@1.0.0', 'detector'));
  if (reading.kind !== 'wish') throw new Error('no wish');
  const dry = bench(200, { id: 'r1', waves: [['a']] });
  expect(await dry.api.previewRollout(reading.wish)).toEqual({ id: 'r1', waves: [['a']] });
  const real = bench(201, rolloutOf());
  await real.api.createRollout(reading.wish);
  expect(dry.asked[0]?.body).toEqual({ ...reading.wish, dryRun: true });
  expect(real.asked[0]?.body).toEqual({ ...reading.wish, dryRun: false });
});

test('aliases and versions, by their own addresses', async () => {
  const set = bench(200, modelOf('1.0.0'));
  await set.api.setAlias('bright', 'stable', '1.0.0');
  expect(set.asked).toEqual([{ what: 'PUT /api/v1/models/bright/aliases/stable', body: { version: '1.0.0' } }]);
  const gone = bench(204);
  await gone.api.removeAlias('bright', 'stable');
  await gone.api.removeModel('bright', '1.0.0+a/b');
  expect(gone.asked.map(({ what }) => what)).toEqual([
    'DELETE /api/v1/models/bright/aliases/stable',
    'DELETE /api/v1/models/bright/1.0.0%2Ba%2Fb',
  ]);
  const refused = bench(409, {
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'the alias "stable" points to it',
  });
  await expect(refused.api.removeModel('bright', '1.0.0')).rejects.toThrow('the alias "stable" points to it');
});
