import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../../agent/config.ts';
import { describeComplaints } from '../../../../shared/kit/schema.ts';

const folder = path.resolve(import.meta.dirname, '../../../../fixtures/config');

test('a wrong sensor or sound stream is refused with its path, and the others stay', () => {
  const file = path.join(folder, 'sensor.mixed.yaml');
  const text = readFileSync(file, 'utf8');
  const config = parseConfig(text, file);
  expect([...config.streams.keys()]).toEqual(['good']);
  const reported = config.refused.map(({ complaints }) => describeComplaints(complaints));
  const wanted = [...text.matchAll(/# expect: (.*)/g)].map((m) => m[1] ?? '');
  expect(reported).toHaveLength(wanted.length);
  for (const [index, message] of wanted.entries()) expect(reported[index]).toContain(message);
});

test('no complaint repeats a password', () => {
  const file = path.join(folder, 'sensor.mixed.yaml');
  const text =
    'device: b\nmodels: {}\nstreams: { s: { kind: sensor, source: { url: "mqtt://me:hush@h:1", topic: t }, model: m } }';
  const reported = parseConfig(text, file).refused.map(({ complaints }) => describeComplaints(complaints));
  expect(reported.join()).toContain('must not carry credentials');
  expect(reported.join()).not.toContain('hush');
});

test('paths of a source are relative to the file, addresses stay', () => {
  const { streams } = parseConfig(
    readFileSync(path.join(folder, 'sensor-mqtt.good.yaml'), 'utf8'),
    '/etc/v/agent.yaml',
  );
  const source = streams.get('press')?.source;
  expect(source).toMatchObject({ url: 'mqtt://broker.example:1883', passwordFile: '/etc/v/broker.password' });
  const replay = parseConfig(readFileSync(path.join(folder, 'sensor-replay.good.yaml'), 'utf8'), '/etc/v/agent.yaml');
  expect(replay.streams.get('spindle')?.source.url).toBe('/etc/v/spindle.csv');
});
