/** Conditions on what a device says of its streams. */
import { expect, test } from 'vitest';
import { look } from '../../../../cloud-hub/alerts/conditions/device.ts';
import type { DeviceFacts } from '../../../../cloud-hub/alerts/conditions/facts.ts';
import { alertCondition } from '../../../../cloud-hub/contract/alert-rule.ts';
import type { Report, StreamReport } from '../../../../shared/contract/messages/report.ts';

const stream = (id: string, more: Partial<StreamReport> = {}): StreamReport => ({
  ...{ id, state: 'running', source: 'rtsp://camera/1', fps: 5, rules: [] },
  ...more,
});

async function found(condition: unknown, streams: readonly StreamReport[] | undefined) {
  const report = (streams && { streams }) as Report | undefined;
  const facts: DeviceFacts = {
    ...{ id: 'box', labels: {}, online: true, lastSeenAt: 0, watchedSince: 0, version: undefined },
    ...{ report: () => report, certificateEndsAt: async () => undefined, lastRecordAt: () => undefined },
    scores: async () => ({ bins: [], models: [] }),
  };
  return (await look(alertCondition.parse(condition), facts, 0, () => false))?.map(({ subject, holds }) => [
    subject,
    holds,
  ]);
}

test('a camera whose pictures are frozen or covered, of those that are asked about', async () => {
  const streams = [
    stream('gate', { picture: 'frozen' }),
    stream('yard', { picture: 'covered' }),
    stream('hall', { picture: 'dark' }),
    stream('door'),
    stream('pump', { kind: 'sensor' }),
  ];
  const condition = { kind: 'picture', faults: ['frozen', 'covered'] };
  expect(await found(condition, streams)).toEqual([
    ['gate', true],
    ['yard', true],
    ['hall', false],
    ['door', false],
  ]);
  expect(await found({ ...condition, stream: 'hall', faults: ['dark'] }, streams)).toEqual([['hall', true]]);
  expect(await found(condition, undefined)).toEqual([]);
});

test('a stream by its state', async () => {
  const streams = [stream('gate', { state: 'stalled' }), stream('yard')];
  expect(await found({ kind: 'stream', states: ['stalled', 'waiting'] }, streams)).toEqual([
    ['gate', true],
    ['yard', false],
  ]);
});

test('what is wrong with a picture is said in words', async () => {
  const report = () => ({ streams: [stream('gate', { picture: 'frozen' })] }) as unknown as Report;
  const facts = { report } as DeviceFacts;
  const [finding] =
    (await look(alertCondition.parse({ kind: 'picture', faults: ['frozen'] }), facts, 0, () => false)) ?? [];
  expect(finding?.text).toBe('gives the same picture again and again');
});

test('a disk with too little room, until there is room enough again', async () => {
  const disk = async (freeMb: number | undefined, isFiring: boolean) => {
    const report = () => (freeMb === undefined ? {} : { disk: { freeMb, totalMb: 29_000 } }) as unknown as Report;
    return (
      await look(
        alertCondition.parse({ kind: 'disk', below: 500, clear: 1000 }),
        { report } as DeviceFacts,
        0,
        () => isFiring,
      )
    )?.map(({ holds, text }) => [holds, text]);
  };
  expect(await disk(499, false)).toEqual([[true, '499 of 29000 MiB are free on the disk of its data folder']]);
  expect((await disk(500, false))?.[0]?.[0]).toBe(false);
  expect((await disk(999, true))?.[0]?.[0]).toBe(true);
  expect((await disk(1000, true))?.[0]?.[0]).toBe(false);
  expect(await disk(undefined, true)).toEqual([]);
});
