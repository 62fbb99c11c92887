import { expect, test } from 'vitest';
import { openSamples } from '../../../../../agent/pipeline/source/series/registry.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { systemClock } from '../../../../../shared/kit/clock.ts';
import { writeCsv } from '../../../../support/sensor.ts';
import { tempFolder } from '../../../../support/temp.ts';

/** What becomes of a source: its failure, or how many samples it had. */
function open(source: object): Promise<unknown> {
  let samples = 0;
  // Ten seconds are a moment.
  const clock = { ...systemClock, after: (ms: number, run: () => void) => systemClock.after(ms / 50, run) };
  return new Promise((resolve) => {
    openSamples(
      { source: sensorSource.parse(source), channels: ['value'], clientId: 'test', quietMs: 60_000, clock },
      {
        onOpened: () => undefined,
        onSamples: async ({ length }) => {
          samples += length;
        },
        onProblem: () => undefined,
        onEnd: (failure) => resolve(failure ?? samples),
      },
    );
  });
}

test.each(['mqtt', 'MQTT', 'ws'])('%s:// is a topic of a broker', async (scheme) => {
  expect(await open({ url: `${scheme}://127.0.0.1:1`, topic: 't' })).toMatchObject({
    code: 'source-open',
    message: expect.stringContaining('no connection to the broker'),
  });
});

test('everything else is a file', async () => {
  const rows = ['2026-01-01 00:00:00,1', '2026-01-01 00:00:01,2'];
  expect(await open({ url: writeCsv(tempFolder(), 'mqtt:.csv', rows), pace: 'fast' })).toBe(2);
  expect(await open({ url: '/nowhere/mqtt:.csv' })).toMatchObject({
    code: 'source-open',
    message: 'cannot open /nowhere/mqtt:.csv: No such file or directory',
  });
});
