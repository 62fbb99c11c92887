import { expect, test } from 'vitest';
import { slotRows } from '../../../../cloud-hub/dashboard/state/device-models.ts';
import { shadowOf } from '../../rollout/fleet.ts';

const slot = (version: string) => ({
  name: 'bright',
  version,
  variant: 'int8',
  serviceS: 7200,
  frames: 500,
  errors: 0,
});

test('slots in words', () => {
  const rows = slotRows({
    active: { ...slot('1.0.0'), errors: 1, latencyMs: { p50: 10, p95: 20.4 } },
    candidate: {
      name: 'bright',
      version: '2.0.0',
      phase: 'shadowing',
      progress: 0.4,
      shadow: shadowOf({ frames: 80 }),
    },
    previous: slot('0.9.0'),
    failures: [],
  });
  expect(rows).toEqual([
    { slot: 'active', name: 'bright@1.0.0 (int8)', detail: '500 frames in 2 h, 1 error, p95 20.4 ms' },
    {
      slot: 'candidate',
      name: 'bright@2.0.0',
      detail: 'shadowing 40%, agreement 97% over 80 frames',
      progress: 0.4,
    },
    { slot: 'previous', name: 'bright@0.9.0 (int8)', detail: '500 frames in 2 h' },
  ]);
});

test('an empty active slot is said, other empty ones are not; a candidate that waits says for what', () => {
  const candidate = {
    name: 'bright',
    version: '2.0.0',
    phase: 'waiting' as const,
    reason: 'no room: 3 MiB are needed',
  };
  expect(slotRows({ candidate, failures: [] })).toEqual([
    { slot: 'active', name: undefined, detail: '' },
    { slot: 'candidate', name: 'bright@2.0.0', detail: 'waiting, no room: 3 MiB are needed', progress: undefined },
  ]);
});
