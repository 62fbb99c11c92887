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
  const told = config.refused.map(({ complaints }) => describeComplaints(complaints));
  const wanted = expected(text);
  expect(told).toHaveLength(wanted.length);
  for (const [index, message] of wanted.entries()) expect(told[index]).toContain(message);
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
