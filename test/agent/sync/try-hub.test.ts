import { expect, onTestFinished, test } from 'vitest';
import { lookAtHub } from '../../../agent/sync/try-hub.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { rights, startBroker } from './tiny-hub.ts';

test.each([
  ['right', 'accepted'],
  ['wrong', 'refused'],
  [undefined, 'refused'],
])('a look at a hub with the token %s: %s', async (token, state) => {
  const broker = await startBroker(rights({ 'box-1': 'right' }));
  onTestFinished(() => broker.stop());
  const facts = await lookAtHub({
    broker: { url: broker.url },
    device: 'box-1',
    token,
    timeoutMs: 20_000,
    clock: systemClock,
  });
  expect(facts.state).toBe(state);
});
