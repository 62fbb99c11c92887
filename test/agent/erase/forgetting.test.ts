import { expect, test } from 'vitest';
import { createForgetting } from '../../../agent/erase/forgetting.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function box(hasRunner: boolean) {
  const clock = new ManualClock();
  const told: string[] = [];
  const forgetting = createForgetting({
    ask(stream) {
      told.push(`ask ${stream}`);
      return hasRunner;
    },
    remove: (stream) => void told.push(`remove ${stream}`),
    clock,
  });
  return { clock, told, forgetting };
}

test('the runner that has the stream is asked, and answers', async () => {
  const { told, forgetting } = box(true);
  const forgets = forgetting.forget('motor');
  forgetting.forgot('pump', undefined);
  forgetting.forgot('motor', undefined);
  await forgets;
  expect(told).toEqual(['ask motor']);
});

test('where no runner has it, its files go', async () => {
  const { told, forgetting } = box(false);
  await forgetting.forget('motor');
  expect(told).toEqual(['ask motor', 'remove motor']);
});

test('a runner that could not, or does not answer, is a failure', async () => {
  const { clock, forgetting } = box(true);
  const fails = expect(forgetting.forget('motor')).rejects.toThrow('read-only file system');
  forgetting.forgot('motor', 'read-only file system');
  await fails;
  const late = expect(forgetting.forget('motor')).rejects.toThrow('does not answer');
  await clock.advance(30_000);
  await late;
});
