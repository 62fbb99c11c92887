import { expect, test } from 'vitest';
import { doingLine, Progress } from '../../../agent/health/progress.ts';
import type { StreamState } from '../../../shared/contract/messages/report.ts';

/** Plays states of streams; which of them hold the agent back after each? */
function held(...looks: readonly Record<string, StreamState>[]): string[][] {
  const progress = new Progress();
  return looks.map((states) => progress.look(Object.entries(states).map(([id, state]) => ({ id, state }))));
}

test('a stream that gave frames and stalls holds the agent back until it gives some again', () => {
  expect(
    held(
      { gate: 'starting', yard: 'running' },
      { gate: 'running', yard: 'running' },
      { gate: 'stalled', yard: 'running' },
      { gate: 'running', yard: 'running' },
    ),
  ).toEqual([[], [], ['gate'], []]);
});

test('what a new start would not help does not: a camera that is away, a stream that never gave a frame, one that ended', () => {
  expect(
    held({ gate: 'stalled' }, { gate: 'running' }, { gate: 'waiting' }, { gate: 'ended' }, {}, { gate: 'stalled' }),
  ).toEqual([[], [], [], [], [], []]);
});

test('one line says what the agent does', () => {
  const streams = [
    { id: 'gate', state: 'running', fps: 4.96 },
    { id: 'yard', state: 'running', fps: 9.9 },
    { id: 'roof', state: 'waiting', fps: 0 },
    { id: 'cellar', state: 'waiting', fps: 0 },
  ] as const;
  expect([
    doingLine({ streams, waiting: 12, connected: true }),
    doingLine({ streams: [], waiting: 0, connected: undefined }),
  ]).toEqual([
    '2 of 4 streams run, 14.9 frames per second; connected, 12 records wait; waiting: roof, cellar',
    '0 of 0 streams run, 0 frames per second; no hub, 0 records wait',
  ]);
});
