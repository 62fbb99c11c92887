import { expect, test } from 'vitest';
import { leaveProcess } from '../../../../../agent/pipeline/source/picture/leave.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

function leave(ended: Promise<void>) {
  const did: string[] = [];
  const clock = new ManualClock();
  const left = leaveProcess({ ended: () => ended }, clock, {
    exit: (code) => void did.push(`exit ${code}`),
    kill: () => void did.push('kill'),
  });
  return { did, clock, left };
}

test('a process ends in order when its threads have ended, and not before', async () => {
  let end: () => void = () => undefined;
  const { did, left } = leave(
    new Promise((resolve) => {
      end = resolve;
    }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(did).toEqual([]);
  end();
  await left;
  expect(did).toEqual(['exit 0']);
});

test('a thread that hangs keeps it for a while only: it is killed, and its threads with it', async () => {
  const { did, clock, left } = leave(new Promise(() => undefined));
  clock.advance(2900);
  await new Promise((resolve) => setImmediate(resolve));
  expect(did).toEqual([]);
  clock.advance(200);
  await left;
  expect(did).toEqual(['kill']);
});
