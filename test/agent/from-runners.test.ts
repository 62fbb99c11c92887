import { expect, test } from 'vitest';
import { createFromRunners } from '../../agent/from-runners.ts';
import type { SummaryBody } from '../../agent/pipeline/outputs.ts';
import type { FromRunner } from '../../agent/runner/messages.ts';
import { createStamps } from '../../agent/stamps.ts';
import { decodePicture } from '../../shared/contract/codec.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const model = { name: 'walker', version: '1.0.0', digest: 'sha256:x', variant: 'fp32' };
const summary: SummaryBody = {
  kind: 'summary',
  stream: 'gate',
  intervalMs: 1000,
  frames: 1,
  inferred: 1,
  gated: 0,
  dropped: 0,
  failed: 0,
  labels: {},
  tracks: {},
  scores: new Array<number>(10).fill(0),
  latencyMs: { p50: 1, p95: 1, max: 1 },
};
const header = {
  stream: 'gate',
  frame: 1,
  ptsMs: 2,
  width: 4,
  height: 4,
  detections: [],
  model: 'walker 1.0.0',
} as never;

/** What each receiver is told, in order. */
async function receivers() {
  const clock = new ManualClock();
  await clock.advance(1000);
  const received: [string, ...unknown[]][] = [];
  const on =
    (name: string) =>
    (...args: unknown[]) =>
      void received.push([name, ...args]);
  let looksHub = false;
  const from = createFromRunners({
    stamps: createStamps({ boot: 'b', revision: 'r', clock, hubClock: () => undefined }),
    board: { measure: on('measure'), looks: on('looks'), set: on('set'), sign: on('sign'), begunAt: () => 7 },
    tallies: { summary: on('tally'), reading: on('reading') },
    reconciler: { onSign: on('answer'), onSummary: on('reconcile'), onCrash: on('crash') },
    live: { onLatest: on('latest'), onPreview: on('picture') },
    requests: { due: (who, stream) => who === 'hub' && stream === 'gate' && looksHub },
    outbox: {
      append: async (record) => {
        on('keep')(record);
        return 'committed' as const;
      },
    },
    problem: on('problem'),
    preview: on('to hub'),
    escalation: { offer: on('sample') },
    forgot: on('forgot'),
    clock,
    log: createLogger('test', 'silent'),
  });
  const reported = (message: FromRunner) => {
    received.length = 0;
    from.onMessage(message);
    return received;
  };
  return { clock, received, from, reported, look: (looks: boolean) => (looksHub = looks) };
}

test('a record is kept with its stamp of when it happened and its model; a summary is measured, counted and judged too', async () => {
  const { reported, clock } = await receivers();
  await clock.advance(500);
  const at = clock.mono() - 100;
  const kept = {
    ...summary,
    model,
    config: 'r',
    boot: 'b',
    mono: 400,
    wall: clock.wall() - 100,
    clock: expect.any(String),
  };
  expect(reported({ type: 'record', at, model, body: summary })).toEqual([
    ['measure', summary],
    ['tally', summary],
    ['reconcile', model, summary],
    ['keep', kept],
  ]);
  const reading = { kind: 'reading', stream: 'gate' } as const;
  expect(reported({ type: 'record', at, model, body: reading })).toEqual([
    ['reading', reading],
    ['keep', expect.objectContaining({ ...reading, model, mono: 400 })],
  ]);
});

test('states, faults, results and pictures go to who shows them; pictures to the hub only while it looks', async () => {
  const { reported, look, clock } = await receivers();
  const status = { state: 'running' } as const;
  expect(reported({ type: 'status', stream: 'gate', status })).toEqual([['set', 'gate', status]]);
  const sign = { answered: true, begunAt: 7 };
  expect(reported({ type: 'sign', stream: 'gate', answered: true })).toEqual([
    ['sign', 'gate', true],
    ['answer', 'gate', sign],
  ]);
  // Read to its end, a file has given what it had.
  expect(reported({ type: 'status', stream: 'gate', status: { state: 'ended' } }).slice(1)).toEqual([
    ['sign', 'gate', false],
    ['answer', 'gate', { ...sign, answered: false }],
  ]);
  const problem = { type: 'problem', at: 1, stream: 'gate', code: 'internal', message: 'x', count: 2 } as const;
  expect(reported(problem)).toEqual([['problem', problem]]);
  const result = { frame: 1 } as never;
  expect(reported({ type: 'latest', stream: 'gate', result })).toEqual([['latest', 'gate', result]]);
  const jpeg = Uint8Array.of(1, 2, 3);
  expect(reported({ type: 'preview', header, jpeg })).toEqual([['picture', header, jpeg]]);
  look(true);
  const received = reported({ type: 'preview', header, jpeg });
  expect(received.map(([name]) => name)).toEqual(['picture', 'to hub']);
  const sent = received[1]?.[1];
  if (!Buffer.isBuffer(sent)) throw new Error('no picture');
  expect(decodePicture(sent)).toMatchObject({ header: { stream: 'gate', wall: clock.wall() } });
  for (const message of [
    { type: 'note', stream: 'gate', message: 'x' },
    { type: 'memory', rssMb: 1 },
    { type: 'ready', stream: 'gate' },
    { type: 'drained', stream: 'gate' },
    { type: 'done', stream: 'gate', rssMb: 1 },
  ] as const)
    expect(reported(message)).toEqual([]);
});

test('a runner that died is a fault of each of its streams, which wait, and counts against their models', async () => {
  const { from, received } = await receivers();
  from.onRunnerDied({ streams: ['gate', 'yard'], code: 'runner-died', message: 'runner 0 ended' });
  const of = (stream: string) => [
    ['problem', { code: 'runner-died', message: 'runner 0 ended', stream, count: 1 }],
    ['set', stream, { state: 'waiting', error: 'runner 0 ended' }],
  ];
  expect(received).toEqual([...of('gate'), ...of('yard'), ['crash', ['gate', 'yard']]]);
});
