import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { writeBrightPackage } from '../support/onnx.ts';
import { runProgram } from '../support/program.ts';
import { childrenOf, configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const problem = z.object({ code: z.string(), stream: z.string().optional(), message: z.string(), kind: z.string() });
const summary = z.object({ stream: z.string(), inferred: z.number() });
const device = z.object({
  streams: z.array(z.looseObject({ id: z.string(), state: z.string(), error: z.string().optional() })),
});

test('each bad stream is told with its code, and the good one goes on', async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const clip = await writeClip(folder, { fps: 30 });
  const cut = path.join(folder, 'cut.mp4');
  writeFileSync(cut, readFileSync(clip));
  truncateSync(cut, 2000);
  const looping = { url: clip, loop: true };
  const configFile = await configureAgent(folder, hub, {
    models: {
      walker: writeWalkerPackage(folder),
      liar: writeBrightPackage(path.join(folder, 'liar'), {}, { labels: ['a', 'b'] }),
      nan: writeBrightPackage(path.join(folder, 'nan'), { poison: true }),
    },
    streams: {
      good: { source: looping, model: 'walker', summaryS: 1 },
      missing: { source: path.join(folder, 'none.mp4'), model: 'walker' },
      truncated: { source: cut, model: 'walker' },
      contradiction: { source: looping, model: 'liar' },
      'not-a-number': { source: looping, model: 'nan', summaryS: 1 },
      'one-point': { source: looping, model: 'walker', rules: [{ kind: 'line', name: 'l', points: [[0, 0]] }] },
    },
  });
  const agent = startAgent(configFile);
  const expected: [string, string, RegExp][] = [
    ['missing', 'source-open', /none\.mp4: No such file/],
    ['truncated', 'source-open', /cut\.mp4/],
    ['contradiction', 'model-invalid', /labels says 2 labels/],
    ['not-a-number', 'model-failed', /yolox/],
    ['one-point', 'config-invalid', /streams\.one-point\.rules\[0\]\.points/],
  ];
  await until(async () => {
    const problems = await listAll(hub, '/problems', problem);
    return expected.every(([stream, code, text]) =>
      problems.some((t) => t.code === code && text.test(t.message) && (t.stream ?? stream) === stream),
    );
  }, 'every bad stream has its error record at the hub');
  await until(async () => {
    const good = (await listAll(hub, '/summaries', summary)).filter((s) => s.stream === 'good');
    return good.length >= 2 && good.every((s) => s.inferred > 0);
  }, 'the good stream is analysed meanwhile');
  const states = await until(async () => {
    const { streams } = device.parse(await hub.api('/devices/box'));
    const state = Object.fromEntries(streams.map((s) => [s.id, s.state]));
    return state.good === 'running' && state.missing === 'waiting' ? state : undefined;
  }, 'the report says so');
  expect(states).toMatchObject({ contradiction: 'refused', 'one-point': 'refused' });
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
});

test('a damaged outbox is moved aside and told of; a runner that dies is started again', async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const configFile = await configureAgent(folder, hub, {
    models: { walker: writeWalkerPackage(folder) },
    streams: { street: { source: { url: await writeClip(folder), loop: true }, model: 'walker', summaryS: 1 } },
  });
  const dataDir = path.join(folder, 'agent', 'data');
  const first = startAgent(configFile);
  await until(() => existsSync(path.join(dataDir, 'outbox.db')), 'the outbox is there');
  first.process.kill('SIGTERM');
  await first.ended;
  writeFileSync(path.join(dataDir, 'outbox.db'), Buffer.alloc(8192, 'damaged'));

  const second = startAgent(configFile);
  const problems = () => listAll(hub, '/problems', problem);
  await until(async () => (await problems()).find((t) => t.code === 'outbox-corrupt'), 'the damage is told');
  expect(readdirSync(dataDir).filter((f) => f.startsWith('outbox.db.corrupt-'))).not.toEqual([]);

  const [runner] = await until(() => {
    const children = childrenOf(second.process.pid ?? 0);
    return children.length > 0 ? children : undefined;
  }, 'a runner lives');
  process.kill(runner ?? 0, 'SIGKILL');
  await until(async () => (await problems()).find((t) => t.code === 'runner-died'), 'its death is told');
  await until(() => childrenOf(second.process.pid ?? 0).find((pid) => pid !== runner), 'another runner lives');
  expect(second.process.exitCode).toBeNull();
});

test('a configuration that cannot be used: each field in a line, exit code 2', async () => {
  const folder = path.resolve(import.meta.dirname, '../../fixtures/config');
  const refused = await runProgram('agent/main.js', ['run', '-c', path.join(folder, 'wrong-type.bad.yaml')]);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('buffer.quotaMb: Invalid input: expected number'),
  });
  const absent = await runProgram('agent/main.js', ['run', '-c', '/nowhere.yaml']);
  expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('/nowhere.yaml: cannot be read') });
});
