import path from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import { startWhatIsProven } from '../../../agent/reconcile/start-up.ts';
import { type DeviceState, openState } from '../../../agent/reconcile/state.ts';
import { tempFolder } from '../../support/temp.ts';
import { digestOf, slotOf } from './slots.ts';

test('the streams start with what is whole on disk, and what the runners refused is logged with its streams', async () => {
  const state = openState(path.join(tempFolder(), 'models.json'), (reason) => expect.fail(reason));
  state.setModel('walker', () => ({ active: slotOf(2), previous: slotOf(1), failures: [] }));
  const logged: unknown[] = [];
  const applied: DeviceState[] = [];
  await startWhatIsProven({
    state,
    store: { open: async (digest) => (digest === digestOf(1) ? '/there' : undefined) },
    fleet: {
      home: async () => undefined,
      apply: async (now) => {
        applied.push(now);
        return [{ streams: ['yard', 'gate'], reason: 'the camera is gone' }];
      },
    },
    models: ['walker'],
    onFailure: () => expect.fail('nothing has failed in service'),
    log: pino({ base: null, timestamp: false }, { write: (line) => logged.push(JSON.parse(line)) }),
  });
  expect(applied).toEqual([state.state]);
  expect(state.state.models.walker?.active).toMatchObject({ version: '1.0.0' });
  expect(logged).toContainEqual({ level: 40, streams: ['yard', 'gate'], msg: 'the camera is gone' });
});
