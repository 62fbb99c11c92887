import { expect, test } from 'vitest';
import { found } from '../../../../cloud-hub/dashboard/device/find-stream.ts';
import type { StreamReport } from '../../../../shared/contract/messages/report.ts';

const streams = ['gate-1', 'gate-2', 'yard-1'].map(
  (id, i): StreamReport => ({ id, state: i === 1 ? 'stalled' : 'running', source: '', fps: 1, rules: [] }),
);
const names = (text: string) => found(streams, text).map(({ id }) => id);

test('a stream is found by each word, in its name or as the beginning of its state; first those that do not run', () => {
  expect(names('')).toEqual(['gate-2', 'gate-1', 'yard-1']);
  expect(names('  ')).toEqual(['gate-2', 'gate-1', 'yard-1']);
  expect(names('-1')).toEqual(['gate-1', 'yard-1']);
  expect(names('GATE stall')).toEqual(['gate-2']);
  expect(names('running gate')).toEqual(['gate-1']);
  expect(names('.*')).toEqual([]);
});
