import { expect, test } from 'vitest';
import { inBackground } from '../../../shared/kit/background.ts';

function lines() {
  const told: unknown[] = [];
  return { told, log: { error: (fields: object, text?: string) => void told.push({ ...fields, text }) } };
}

test.each([
  ['rejects', async () => Promise.reject(new Error('full'))],
  [
    'throws before it begins',
    () => {
      throw new Error('full');
    },
  ],
] as [string, () => Promise<void>][])(
  'work that %s is logged with its cause, and nothing else happens',
  async (_what, work) => {
    const { told, log } = lines();
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    inBackground(log, 'it was not written', work, { device: 'cam' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(told).toEqual([{ device: 'cam', err: new Error('full'), text: 'it was not written' }]);
    expect(unhandled).toEqual([]);
  },
);

test('work that does well says nothing', async () => {
  const { told, log } = lines();
  let done = false;
  inBackground(log, 'x', async () => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([done, told]).toEqual([true, []]);
});
