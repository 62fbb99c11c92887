/** An online detector in a real agent whose runner is killed: what it has seen since its state was saved is not lost. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { waveRows, writeCsv } from '../support/sensor.ts';
import { childrenOf, configureAgent, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const saved = z.object({ format: z.literal(1), lastAtMs: z.number(), channels: z.array(z.unknown()).length(1) });

test('kill -9 of a runner: the samples are on the disk, the next one takes them over, and its state knows them', {
  timeout: 120_000,
}, async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const source = { url: writeCsv(folder, 'series.csv', waveRows(2000)), speed: 20 };
  const configFile = await configureAgent(folder, hub, {
    streams: { machine: { kind: 'sensor', detector: 'online', source } },
  });
  const agent = startAgent(configFile);
  const stateFile = path.join(folder, 'agent', 'data', 'detectors', 'machine.json');
  const lines = () => {
    const file = `${stateFile}.samples`;
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  };
  await until(() => lines().length > 10, 'samples are kept');
  expect(existsSync(stateFile)).toBe(false);
  const [runner] = childrenOf(agent.process.pid ?? 0);
  process.kill(runner ?? 0, 'SIGKILL');
  const before = lines();
  await until(() => lines().length > before.length + 10, 'the next runner goes on with the file');
  expect(lines().slice(0, before.length)).toEqual(before);
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
  const state = saved.parse(JSON.parse(readFileSync(stateFile, 'utf8')));
  expect(state.lastAtMs).toBeGreaterThan(0);
  // What the state knows is not kept twice.
  expect(lines()).toEqual([]);
});
