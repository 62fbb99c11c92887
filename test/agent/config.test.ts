import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig, parseConfig } from '../../agent/config.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';

const folder = path.resolve(import.meta.dirname, '../../fixtures/config');
/** What begins with `head-` is the model.yaml of a model. */
const files = (ending: string) => readdirSync(folder).filter((f) => f.endsWith(ending) && !f.startsWith('head-'));
const expected = (text: string) => [...text.matchAll(/# expect: (.*)/g)].map((m) => m[1] ?? '');

test.each(files('.good.yaml'))('%s is accepted', (file) => {
  const config = loadConfig(path.join(folder, file));
  expect(config.refused).toEqual([]);
  expect(config.streams.size).toBeGreaterThan(0);
});

test.each(files('.bad.yaml'))('%s is refused with the field, what was found and what is allowed', (file) => {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const [message] = expected(text);
  expect(message).toBeDefined();
  expect(() => parseConfig(text, path.join(folder, file))).toThrow(ConfigError);
  expect(() => parseConfig(text, path.join(folder, file))).toThrow(message);
});

test('a wrong stream is refused with its path, and the others stay', () => {
  const file = path.join(folder, 'streams.mixed.yaml');
  const text = readFileSync(file, 'utf8');
  const config = parseConfig(text, file);
  expect([...config.streams.keys()]).toEqual(['good']);
  const reported = config.refused.map(({ complaints }) => describeComplaints(complaints));
  const wanted = expected(text);
  expect(reported).toHaveLength(wanted.length);
  for (const [index, message] of wanted.entries()) expect(reported[index]).toContain(message);
});

test('streams share settings by merge keys and top-level `x-…`; names may have "_"', () => {
  const text = [
    'device: t_1',
    'x-cameras: &cameras { model: m, fps: 5, source: "test:testsrc2" }',
    'models: { m: ./m }',
    'streams:',
    '  front_door: *cameras',
    '  yard: { <<: *cameras, fps: 2 }',
  ].join('\n');
  const { device, streams, refused } = parseConfig(text, '/etc/agent.yaml');
  expect([device, refused]).toEqual(['t_1', []]);
  expect([...streams].map(([id, stream]) => [id, 'fps' in stream && stream.fps])).toEqual([
    ['front_door', 5],
    ['yard', 2],
  ]);
  // Only at the top, and only with this prefix.
  expect(() => parseConfig(`${text}\ny-cameras: 1`, '/etc/agent.yaml')).toThrow('y-cameras');
});

test('relative paths are relative to the file, and defaults are filled in', () => {
  const config = loadConfig(path.join(folder, 'minimal.good.yaml'));
  expect(config.dataDir).toBe(path.join(folder, 'data'));
  expect(config.models.people?.path).toBe(path.join(folder, 'models/people'));
  expect(config.streams.get('door')?.source).toEqual({ url: path.join(folder, 'door.mp4'), loop: false, pace: 'pts' });
});

test('the revision follows the text', () => {
  const text = 'device: a\nmodels: {}\nstreams: {}\n';
  const revision = (t: string) => parseConfig(t, '/x/agent.yaml').revision;
  expect(revision(text)).toBe(revision(text));
  expect(revision(`${text}# changed`)).not.toBe(revision(text));
});

test('a file that is not there', () => {
  expect(() => loadConfig('/nowhere/agent.yaml')).toThrow('/nowhere/agent.yaml: cannot be read');
});
