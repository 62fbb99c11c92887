import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { runProgram } from '../../support/program.ts';
import { writeWaveModel } from '../../support/sensor.ts';
import { configureAgent, startAgent, startHub } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { startBroker } from '../sync/tiny-hub.ts';

const finding = z.strictObject({
  subject: z.string(),
  level: z.enum(['ok', 'note', 'broken']),
  text: z.string(),
  advice: z.string().optional(),
});
const report = z.strictObject({
  ok: z.boolean(),
  findings: z.array(finding),
  streams: z.array(
    z.looseObject({
      stream: z.string(),
      figures: z.looseObject({ frames: z.number(), sourceFps: z.number() }),
      load: z.looseObject({ holdsFps: z.number(), wantedFps: z.number(), cores: z.number() }),
    }),
  ),
});

const examine = async (...args: string[]) => {
  const { code, stdout, stderr } = await runProgram('agent/main.js', ['doctor', '--json', ...args]);
  const { ok, findings, streams } = report.parse(JSON.parse(stdout));
  return { code, ok, streams, stderr, of: (subject: string) => findings.filter((f) => f.subject === subject) };
};

test('without a configuration: the machine', async () => {
  const { code, ok, of } = await examine();
  expect({ code, ok }).toEqual({ code: 0, ok: true });
  for (const subject of ['node', 'cpu', 'memory', 'disk', 'clock', 'ffmpeg', 'onnxruntime']) {
    expect(of(subject), subject).toHaveLength(1);
  }
  expect(of('ffmpeg')[0]?.text).toContain('h264');
  expect(of('onnxruntime')[0]?.text).toContain('cpu');
});

test('good and bad streams: figures and a verdict for the one, the reason for the others, exit code 1', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'agent.yaml');
  const clip = await writeClip(folder);
  const config = {
    device: 'box',
    models: { walker: writeWalkerPackage(folder), lost: path.join(folder, 'no-model') },
    streams: {
      good: { source: { url: clip, loop: true }, model: 'walker', fps: 5 },
      missing: { source: path.join(folder, 'none.mp4'), model: 'walker' },
      lost: { source: clip, model: 'lost' },
      typo: { source: clip, modle: 'walker' },
    },
    api: { port: 0 },
  };
  writeFileSync(file, JSON.stringify(config));
  const { code, ok, of, streams } = await examine('-c', file);
  expect({ code, ok }).toEqual({ code: 1, ok: false });
  expect(of('stream good')).toMatchObject([
    {
      level: 'ok',
      text: expect.stringMatching(
        /320x240, model bright fp32, 10 frames\/s; .* frames\/s at most; asked for 5, 5 are left out$/,
      ),
    },
  ]);
  expect(streams).toMatchObject([{ stream: 'good', figures: { sourceFps: 10 }, load: { wantedFps: 5 } }]);
  expect(streams[0]?.figures.frames).toBeGreaterThan(20);
  expect(of('stream missing')).toMatchObject([{ level: 'broken', text: expect.stringContaining('source-open') }]);
  expect(of('stream lost')).toMatchObject([{ level: 'broken', text: expect.stringContaining('model-invalid') }]);
  expect(of('stream typo')).toMatchObject([{ level: 'broken', text: expect.stringContaining('unknown key') }]);
  expect(of('load')).toMatchObject([{ level: 'ok' }]);

  const table = await runProgram('agent/main.js', ['doctor', '-c', file]);
  expect(table.code).toBe(1);
  expect(table.stdout).toMatch(/^broken {2}stream missing {2}source-open/m);
  expect(table.stdout).toMatch(/^good +10\.0 +\d+\.\d/m);
});

test('a rule that can never fire, and one that does not suit its model, are told by their path', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'agent.yaml');
  const clip = await writeClip(folder);
  const stream = (rule: object) => ({ source: { url: clip, loop: true }, model: 'walker', rules: [rule] });
  const config = {
    device: 'box',
    models: { walker: writeWalkerPackage(folder) },
    streams: {
      gone: stream({ kind: 'absence', name: 'away', afterS: 5, labels: ['Person'] }),
      crowd: stream({ kind: 'threshold', name: 'crowd', atLeast: 5, labels: ['cat'] }),
      odd: stream({ kind: 'anomaly', name: 'odd' }),
    },
    api: false,
  };
  writeFileSync(file, JSON.stringify(config));
  const { code, of } = await examine('-c', file);
  expect(code).toBe(1);
  const broken = (text: string) => expect.objectContaining({ level: 'broken', text: expect.stringContaining(text) });
  expect(of('stream gone')).toContainEqual(
    broken('rules[0].labels[0]: "Person" is no label of bright; it has: person'),
  );
  expect(of('stream crowd')).toContainEqual(broken('rules[0].labels[0]: "cat" is no label of bright'));
  expect(of('stream odd')).toContainEqual(broken('rules[0].kind: "anomaly" needs a model of task anomaly'));
});

test('sensors: silent, and slow ones whose window takes longer than anybody waits', async () => {
  const folder = tempFolder();
  const broker = await startBroker();
  const slow = path.join(folder, 'slow');
  cpSync(await writeWaveModel(folder), slow, { recursive: true });
  const manifest = path.join(slow, 'model.yaml');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/rateHz: 1\b/, 'rateHz: 0.1'));
  const source = (topic: string) => ({ url: broker.url, topic });
  const all = {
    silent: { kind: 'sensor', source: source('silent'), model: 'slow' },
    slow: { kind: 'sensor', source: source('slow'), model: 'slow' },
  };
  const look = async (streams: object, waitS: number) => {
    const file = path.join(folder, 'agent.yaml');
    writeFileSync(file, JSON.stringify({ device: 'box', models: { slow }, streams, api: false }));
    return await examine('-c', file, '--wait', `${waitS}`);
  };
  // What a broker has kept is no sample: it comes after the doctor has subscribed.
  const payload = Buffer.from('{"value":1}');
  broker.aedes.on('subscribe', () =>
    broker.aedes.publish(
      { cmd: 'publish', topic: 'slow', payload, qos: 1, retain: false, dup: false },
      () => undefined,
    ),
  );
  const good = await look({ slow: all.slow }, 120);
  expect(good.code).toBe(0);
  expect(good.of('stream slow')).toEqual([
    {
      subject: 'stream slow',
      level: 'ok',
      text: 'samples come; the first result needs a window of 16 samples, about 160 s',
    },
  ]);
  const bad = await look({ silent: all.silent }, 3);
  expect(bad.code).toBe(1);
  expect(bad.of('stream silent')).toMatchObject([
    {
      level: 'broken',
      text: 'source-stalled: nothing came within 3 s',
      advice: expect.stringContaining('--wait SECONDS'),
    },
  ]);
});

test('the hub: token accepted, token refused, not there; a running agent is left alone', async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const file = await configureAgent(folder, hub, { models: {}, streams: {}, api: { port: 0 } });
  const accepted = await examine('-c', file);
  expect(accepted.of('hub')).toMatchObject([{ level: 'ok', text: expect.stringContaining('accepts "box"') }]);
  expect(accepted.code).toBe(0);

  const token = path.join(folder, 'agent', 'device.token');
  const right = readFileSync(token, 'utf8');
  writeFileSync(token, 'wrong');
  const refused = await examine('-c', file);
  expect(refused.of('hub')).toMatchObject([{ level: 'broken', text: expect.stringContaining('refused this client') }]);
  expect(refused.code).toBe(1);
  expect(refused.stderr + JSON.stringify(refused.of('hub'))).not.toContain('wrong"');

  writeFileSync(token, right);
  const agent = startAgent(file);
  await until(() => agent.stdout().includes('device box'), 'the agent runs');
  const beside = await examine('-c', file);
  expect(beside.of('agent')).toMatchObject([{ level: 'note' }]);
  expect(beside.of('hub')).toMatchObject([{ level: 'ok', text: expect.stringContaining('not tried') }]);
  expect(agent.stderr()).not.toMatch(/no MQTT connection/);

  agent.process.kill('SIGINT');
  await agent.ended;
  hub.started.process.kill('SIGKILL');
  await hub.started.ended;
  expect((await examine('-c', file)).of('hub')).toMatchObject([
    { level: 'broken', text: expect.stringContaining('ECONNREFUSED') },
  ]);
});

test('wrong use: exit code 2', async () => {
  const folder = tempFolder();
  mkdirSync(path.join(folder, 'x'));
  const file = path.join(folder, 'agent.yaml');
  writeFileSync(file, 'device: [');
  expect(await runProgram('agent/main.js', ['doctor', '-c', file])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not YAML'),
  });
  expect(await runProgram('agent/main.js', ['doctor', '--fast'])).toMatchObject({ code: 2 });
  expect((await runProgram('agent/main.js', ['doctor', '--help'])).stdout).toContain('Exit code');
});
