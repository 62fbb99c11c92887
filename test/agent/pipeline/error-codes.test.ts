/** What a sensor writes when it has no value is a fault of the wire; a value that nobody has called impossible is an anomaly, however great. */
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { onlineDetector } from '../../../agent/pipeline/sensor/online.ts';
import { openSource } from '../../../agent/pipeline/source/picture/open.ts';
import { startWalk } from '../../../agent/pipeline/walk.ts';
import type { WalkParts } from '../../../agent/pipeline/walk-parts.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { waveRows, writeCsv, writeWaveModel } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';

async function trained() {
  const engine = await openEngine(
    { dir: await writeWaveModel(tempFolder()), variant: 'auto', threads: 1 },
    systemClock,
  );
  onTestFinished(() => engine.close());
  return engine;
}

/** A healthy series with one such value in its middle. */
async function play(engine: WalkParts['engine'], code: string, channel: object) {
  const rows = waveRows(900);
  rows[800] = `${rows[800]?.split(',')[0]},${code}`;
  const url = writeCsv(tempFolder(), 'series.csv', rows);
  const config = streamConfig.parse({
    kind: 'sensor',
    source: { url: path.resolve(url), pace: 'fast', values: { value: { at: 'value', ...channel } } },
    ...('online' in engine ? { detector: 'online' } : { model: 'm' }),
    rules: [{ kind: 'anomaly', name: 'odd', frames: 1 }],
  });
  const problems: [string, string][] = [];
  const starts: number[] = [];
  const end = await new Promise((resolve) => {
    startWalk(
      'series',
      config,
      { engine, openSource, clock: systemClock },
      {
        onOpened: () => undefined,
        onRecord(body) {
          if (body.kind === 'event' && body.action === 'start') starts.push(body.ptsMs);
        },
        onPreview: () => undefined,
        onProblem: (code, message) => void problems.push([code, message]),
        onEnd: resolve,
      },
    );
  });
  return { problems, starts, end };
}

const engines: [string, () => Promise<WalkParts['engine']>][] = [
  ['a trained model', trained],
  ['an online detector', async () => onlineDetector(undefined)],
];

describe.each(engines)('%s', (_, engine) => {
  test.each([
    ['-127', { missing: [-127] }, 'is -127, which stands for no value'],
    ['65535', { range: [-40, 150] }, 'is 65535, not in its range -40 to 150'],
    ['3.4028235e38', { missing: [3.4e38] }, 'which stands for no value'],
    ['NaN', {}, 'is missing: "NaN"'],
  ])('%s where it is none: told with its row, and no anomaly', async (code, channel, cause) => {
    const { problems, starts, end } = await play(await engine(), code, channel);
    expect(end).toBeUndefined();
    expect(problems).toEqual([['sensor-row', expect.stringMatching(/: line 802: "value" /)]]);
    expect(problems[0]?.[1]).toContain(cause);
    expect(starts).toEqual([]);
  });

  test.each(['-127', '65535', '3.4028235e38', '-1e300'])(
    '%s of which nobody has said that it is none: one anomaly',
    async (code) => {
      const { problems, starts, end } = await play(await engine(), code, {});
      expect(end).toBeUndefined();
      expect(problems).toEqual([]);
      expect(starts).toHaveLength(1);
    },
  );
});
