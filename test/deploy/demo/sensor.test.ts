import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readSeries } from '../../../agent/train/series.ts';
import { demoAgentYaml } from '../../../deploy/demo/agent-config.ts';
import { ensureSensor } from '../../../deploy/demo/sensor.ts';
import { Detector, detectorState } from '../../../shared/engine/series/online/detector.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';

test('each failure of the demo’s machine is one event, in each round, and nothing else is', async () => {
  const folder = tempFolder();
  const stateFile = path.join(folder, 'detectors', 'machine.json');
  const said: string[] = [];
  const { series: file } = await ensureSensor(folder, stateFile, systemClock, (line) => said.push(line));
  expect(said.at(-1)).toBe("The machine's detector has seen 5760 rows of healthy days.");
  const yaml = demoAgentYaml({
    ...{
      device: 'd',
      mqttUrl: 'mqtt://x',
      tokenFile: '/t',
      dataDir: folder,
      model: '/m',
      clip: '/c',
      rules: 'none',
      asks: false,
    },
    sensor: { series: file },
  });
  const threshold: number = parse(yaml).streams.machine.threshold;
  const { samples } = await readSeries({ file, columns: ['temperature'], time: 'timestamp' }, systemClock);
  const detector = new Detector(1, detectorState.parse(JSON.parse(readFileSync(stateFile, 'utf8'))));
  // As the fixtures make it: ninety minutes each.
  const failures = [330, 1650, 2900, 4300, 5600, 6800];
  for (const round of [0, 1, 2, 3]) {
    const begins: number[] = [];
    let before = false;
    for (const [row, { atMs, values }] of samples.entries()) {
      const { anomalous } = detector.next(atMs + round * 5 * 86_400_000, values, threshold);
      if (anomalous && !before) begins.push(row);
      before = anomalous;
    }
    expect(begins).toHaveLength(failures.length);
    for (const [index, begin] of begins.entries()) {
      expect(begin).toBeGreaterThanOrEqual(failures[index] ?? Number.NaN);
      expect(begin).toBeLessThan((failures[index] ?? 0) + 45);
    }
  }
  // What the agent has learned since stays.
  expect(existsSync(stateFile)).toBe(true);
  const kept = readFileSync(stateFile, 'utf8');
  await ensureSensor(folder, stateFile, systemClock, () => expect.unreachable('nothing is to be done'));
  expect(readFileSync(stateFile, 'utf8')).toBe(kept);
});
