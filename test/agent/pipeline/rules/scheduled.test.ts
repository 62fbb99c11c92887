import { expect, test } from 'vitest';
import { frame, person, playFrames, reported } from './play.ts';

test('nothing outside of the hours, and each time they begin the rule begins afresh', () => {
  const at = (iso: string) => ({ ...frame(person(0.5, 0.5)), wall: Date.parse(iso) });
  const frames = [
    at('2026-03-02T07:59:00Z'),
    at('2026-03-02T07:59:30Z'),
    at('2026-03-02T08:00:00Z'),
    at('2026-03-02T08:00:30Z'),
    at('2026-03-02T09:00:00Z'),
    at('2026-03-03T08:00:00Z'),
    at('2026-03-03T08:00:01Z'),
  ];
  const config = { kind: 'threshold', name: 'any', frames: 2, schedule: { cron: ['* 8 * * *'], timezone: 'UTC' } };
  expect(reported(playFrames(config, frames))).toEqual(['3:start:1', '6:start:1']);
});
