import { expect, test } from 'vitest';
import { ApiError } from '../../../cloud-hub/client/request.ts';
import { durationOf, waitForRollout } from '../../../cloud-hub/commands/rollout-wait.ts';
import type { Rollout } from '../../../cloud-hub/contract/rollout.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Seen = Pick<Rollout, 'status' | 'wave'> | ApiError;

/** A hub that gives these answers one after the other, the last one for ever; time goes by while it is waited. */
async function waited(answers: readonly Seen[], timeoutMs = 600_000) {
  const said: string[] = [];
  const time = new ManualClock();
  const clock = {
    mono: () => time.mono(),
    async sleep(ms: number) {
      time.advance(ms);
    },
  };
  let asked = 0;
  const client = {
    async rollout() {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (answer instanceof ApiError) throw answer;
      return { ...answer, reason: '' } as Rollout;
    },
  };
  const code = await waitForRollout('r', {
    client,
    clock,
    timeoutMs,
    onChange: ({ status, wave }) => said.push(`${status} ${wave}`),
    onOutage: (why) => said.push(why),
  }).catch((error: Error) => `thrown: ${error.message}`);
  return { code, said };
}

const at = (status: Rollout['status'], wave: number): Seen => ({ status, wave });
const away = new ApiError(0, 'no answer');

test.for([
  [at('done', 3), 0],
  [at('rolled-back', 0), 3],
  [at('aborted', 0), 4],
  [at('running', 0), 5],
  [at('paused', 0), 5],
  [new ApiError(404, 'no such rollout'), 'thrown: no such rollout'],
] as const)('the exit code says the outcome', async ([answer, code]) => {
  expect((await waited([answer])).code).toBe(code);
});

test('each change is one line, and an outage of the hub is waited out', async () => {
  const answers = [
    at('running', 0),
    at('running', 0),
    away,
    new ApiError(503, 'busy'),
    at('running', 1),
    away,
    at('done', 1),
  ];
  expect(await waited(answers)).toEqual({
    code: 0,
    said: ['running 0', 'no answer', 'running 1', 'no answer', 'done 1'],
  });
});

test.for([
  ['90', 90_000],
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['24h', 86_400_000],
] as const)('%s is a time', ([text, ms]) => {
  expect(durationOf(text)).toBe(ms);
  expect(() => durationOf(`-${text}`)).toThrow(/such as 90m/);
});
