import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openEscalation } from '../../../agent/escalate/open.ts';
import { decodePicture } from '../../../shared/contract/codec.ts';
import { deviceEscalation } from '../../../shared/contract/config/escalate.ts';
import { pictureStream, type StreamConfig } from '../../../shared/contract/config/stream.ts';
import { type SampleHeader, sampleHeader } from '../../../shared/contract/messages/sample.ts';
import type { Verdict } from '../../../shared/contract/messages/verdict.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const jpeg = new Uint8Array(1000).fill(7);
const idOf = (n: number) => n.toString(16).padStart(32, '0');
const header = (n: number, stream = 'door'): SampleHeader => ({
  ...{ id: idOf(n), stream, chosenBy: ['event'], frame: n, ptsMs: n, wall: 1, region: [0, 0, 1, 1], threshold: 0.5 },
  objects: [],
});
const streamOf = (escalate: object | undefined): StreamConfig =>
  pictureStream.parse({ source: 'a.mp4', model: 'm', ...(escalate ? { escalate } : {}) });

interface Options {
  readonly folder?: string;
  readonly config?: object;
  readonly queueBytes?: number;
  readonly escalate?: object;
}

/** A box whose hub hears what is sent, and answers when the test says so. */
function box({ folder = tempFolder(), config = {}, queueBytes = 1e6, escalate = {} }: Options = {}) {
  const clock = new ManualClock();
  const sent: string[] = [];
  const link = { open: true, cut: false };
  const streams = new Map([
    ['door', streamOf(escalate)],
    ['shy', streamOf(undefined)],
  ]);
  const escalation = openEscalation({
    folder,
    config: deviceEscalation.parse(config),
    queueBytes,
    streams: () => streams,
    isOpen: () => link.open,
    async send(payload) {
      if (link.cut) throw new Error('cut off');
      sent.push(sampleHeader.parse(decodePicture(payload).header).id);
    },
    clock,
    log: createLogger('test', 'silent'),
  });
  escalation.start();
  const say = (n: number, verdict: Partial<Verdict> = {}) =>
    escalation.onVerdict({ sample: idOf(n), outcome: 'confirmed', ...verdict });
  const counts = () => escalation.report().streams.door;
  return { folder, clock, sent, link, escalation, say, counts };
}

test('two are under way at once; each is settled by its verdict, once', async () => {
  const { clock, sent, escalation, say, counts } = box();
  for (const n of [1, 2, 3]) escalation.offer(header(n), jpeg, 1);
  // One at a time on the line.
  expect(sent).toEqual([idOf(1)]);
  await clock.advance(0);
  expect(sent).toEqual([idOf(1), idOf(2)]);
  await clock.advance(1000);
  expect(sent.length).toBe(2);
  say(1, { outcome: 'withdrawn' });
  expect(sent).toEqual([idOf(1), idOf(2), idOf(3)]);
  // Again, of one that was never sent, and of one that is not ours.
  say(1);
  say(9);
  say(2);
  say(3, { outcome: 'changed' });
  expect(counts()).toMatchObject({
    chosen: 3,
    sent: 3,
    confirmed: 1,
    changed: 1,
    withdrawn: 1,
    refused: 0,
    unsent: {},
  });
  expect(escalation.report().waiting).toBe(0);
});

test('behind the records: nothing goes while the way is closed, and what is cut off goes again', async () => {
  const { clock, sent, link, escalation, say, counts } = box();
  link.open = false;
  escalation.offer(header(1), jpeg, 1);
  await clock.advance(60_000);
  expect(sent).toEqual([]);
  link.open = true;
  link.cut = true;
  await clock.advance(600);
  link.cut = false;
  await clock.advance(1000);
  expect(sent).toEqual([idOf(1)]);
  say(1);
  expect(counts()).toMatchObject({ confirmed: 1, unsent: {} });
});

test('a hub that does not answer is asked three times, then left alone for ten minutes', async () => {
  const { clock, sent, escalation, say, counts } = box({ config: { deadlineS: 36_000 } });
  escalation.offer(header(1), jpeg, 1);
  await clock.advance(200_000);
  expect(sent.length).toBe(3);
  expect(counts()).toMatchObject({ unsent: { unanswered: 1 } });
  escalation.offer(header(2), jpeg, 1);
  await clock.advance(300_000);
  expect(sent.length).toBe(3);
  // The verdict of an hour ago changes nothing.
  say(1);
  expect(counts()).toMatchObject({ confirmed: 0 });
  await clock.advance(300_000);
  expect(sent.at(-1)).toBe(idOf(2));
});

test('a refusal is counted, and what the hub asks to wait is waited', async () => {
  const { clock, sent, escalation, say, counts } = box();
  escalation.offer(header(1), jpeg, 1);
  say(1, { outcome: 'refused', reason: 'no model', waitS: 600 });
  escalation.offer(header(2), jpeg, 1);
  await clock.advance(599_000);
  expect(sent).toEqual([idOf(1)]);
  await clock.advance(2000);
  expect(sent).toEqual([idOf(1), idOf(2)]);
  expect(counts()).toMatchObject({ refused: 1 });
});

test('a second refusal never makes the pause shorter that the first one asked for', async () => {
  for (const waitS of [undefined, 5]) {
    const { clock, sent, escalation, say } = box();
    for (const n of [1, 2, 3]) escalation.offer(header(n), jpeg, 1);
    await clock.advance(0);
    say(1, { outcome: 'refused', reason: 'no model', waitS: 600 });
    say(2, { outcome: 'refused', reason: 'busy', ...(waitS === undefined ? {} : { waitS }) });
    await clock.advance(599_000);
    expect(sent).toEqual([idOf(1), idOf(2)]);
    await clock.advance(2000);
    expect(sent).toEqual([idOf(1), idOf(2), idOf(3)]);
  }
});

test('a budget that is spent sends no more, and comes back with the time that the agent runs', async () => {
  const { clock, sent, link, escalation, say, counts } = box({
    escalate: { perHour: { samples: 8, kB: 100_000 } },
  });
  // A quarter at once.
  for (const n of [1, 2, 3, 4]) {
    escalation.offer(header(n), jpeg, 1);
    say(n);
  }
  expect(sent.length).toBe(2);
  expect(counts()).toMatchObject({ chosen: 4, unsent: { budget: 2 } });
  clock.setWall?.(clock.wall() + 86_400_000);
  escalation.offer(header(5), jpeg, 1);
  expect(sent.length).toBe(2);
  await clock.advance(600_000 + 1000);
  escalation.offer(header(6), jpeg, 1);
  expect(sent.length).toBe(3);
  expect(link.open).toBe(true);
});

test('the budget of the device holds over all streams, and what is worth little waits for a full allowance', () => {
  const { escalation, counts, sent, say } = box({ config: { perHour: { samples: 16, kB: 100_000 } } });
  escalation.offer(header(1), jpeg, 0.3);
  say(1);
  escalation.offer(header(2), jpeg, 0.2);
  expect(sent).toEqual([idOf(1)]);
  escalation.offer(header(3), jpeg, 1);
  expect(sent).toEqual([idOf(1), idOf(3)]);
  expect(counts()).toMatchObject({ unsent: { budget: 1 } });
});

test('a stream without `escalate` sends nothing, whatever a runner says', () => {
  const { escalation, sent } = box();
  escalation.offer(header(1, 'shy'), jpeg, 1);
  escalation.offer(header(2, 'gone'), jpeg, 1);
  expect(sent).toEqual([]);
  expect(escalation.report().streams).toEqual({});
});

test('a picture that no full allowance holds is counted, and the queue stays within its bytes', async () => {
  const { folder, escalation, link, counts } = box({
    queueBytes: 5000,
    escalate: { perHour: { samples: 100, kB: 40 } },
  });
  link.open = false;
  escalation.offer(header(1), new Uint8Array(30_000), 1);
  for (let n = 2; n < 10; n++) escalation.offer(header(n), jpeg, 1);
  expect(counts()).toMatchObject({ unsent: { 'too-large': 1, 'queue-full': 4 } });
  expect(escalation.report().waiting).toBe(4);
  expect(readdirSync(path.join(folder, 'samples')).length).toBe(4);
});

test('what has waited past its deadline is not sent any more', async () => {
  const { clock, sent, link, escalation, counts } = box({ config: { deadlineS: 100 } });
  link.open = false;
  escalation.offer(header(1), jpeg, 1);
  await clock.advance(101_000);
  link.open = true;
  await clock.advance(1000);
  expect(sent).toEqual([]);
  expect(counts()).toMatchObject({ unsent: { late: 1 } });
});

test('after a restart in the middle what waited goes on, what was spent stays spent, and rests are removed', async () => {
  const escalate = { perHour: { samples: 8, kB: 100_000 } };
  const before = box({ escalate });
  before.link.open = false;
  before.escalation.offer(header(1), jpeg, 1);
  before.escalation.offer(header(2), jpeg, 1);
  before.escalation.stop();
  writeFileSync(path.join(before.folder, 'samples', 'draft'), 'half');
  mkdirSync(path.join(before.folder, 'samples', 'other'));
  const after = box({ folder: before.folder, escalate });
  await after.clock.advance(600);
  expect(after.sent).toEqual([idOf(1), idOf(2)]);
  after.escalation.offer(header(3), jpeg, 1);
  expect(after.counts()).toMatchObject({ chosen: 3, unsent: { budget: 1 } });
  expect(readdirSync(path.join(before.folder, 'samples')).length).toBe(2);
  after.say(1);
  after.say(2);
  expect(after.counts()).toMatchObject({ confirmed: 2 });
});

test('a damaged ledger gives no second allowance', () => {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'escalation.json'), '{"version":1,"device":{"hour":{"samples":-5');
  const { escalation, sent, counts } = box({ folder });
  escalation.offer(header(1), jpeg, 1);
  expect(sent).toEqual([]);
  expect(counts()).toMatchObject({ unsent: { budget: 1 } });
});
