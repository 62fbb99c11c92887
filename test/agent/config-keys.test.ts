/** Each key of agent.yaml × each wrong kind of value. The keys come from the schema: a new one is covered by itself. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { agentConfig, ConfigError, parseConfig } from '../../agent/config.ts';
import { streamConfig } from '../../shared/contract/config/stream.ts';
import { type Kind, keysOf, kinds, placesOf, replaced, type Step, writtenPath } from '../support/schema-keys.ts';

const folder = path.resolve(import.meta.dirname, '../../fixtures/config');
const examples = readdirSync(folder)
  .filter((file) => file.endsWith('.good.yaml') && !file.startsWith('head-'))
  .map((file) => ({ file, value: parse(readFileSync(path.join(folder, file), 'utf8')) as unknown }));
const keys = new Map([...keysOf(agentConfig), ...keysOf(streamConfig, 'streams.*')]);

const wrongValue: Readonly<Record<Kind, unknown>> = {
  null: null,
  boolean: true,
  number: 7.5,
  text: '?? no such thing ??',
  list: [[]],
  object: { '?': 1 },
};

/** What is complained of, by path; empty when nothing is. */
function complaintsOf(value: unknown): string[] {
  try {
    return parseConfig(JSON.stringify(value), '/etc/vedette/agent.yaml').refused.flatMap(({ complaints }) =>
      complaints.map((complaint) => complaint.path),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(': ')[0] ?? '');
  }
}

test('the good examples show every key that there is', () => {
  const shown = new Set(examples.flatMap(({ value }) => placesOf(value, keys).map((place) => place.path)));
  expect([...keys.keys()].filter((key) => !shown.has(key))).toEqual([]);
});

/** One place a key: the first example that shows it. */
const places = new Map<string, { file: string; value: unknown; steps: readonly Step[] }>();
for (const { file, value } of examples)
  for (const { steps, path: key } of placesOf(value, keys))
    if (!places.has(key)) places.set(key, { file, value, steps });

test('a value of a wrong kind is refused, and the complaint names that very field', () => {
  const missed: string[] = [];
  for (const [key, { file, value, steps }] of places) {
    for (const kind of kinds.filter((k) => !keys.get(key)?.has(k))) {
      // The root has no name.
      const field = writtenPath(steps) || '(root)';
      const found = complaintsOf(replaced(value, steps, wrongValue[kind]));
      // A short form is complained of where it stands in the long one.
      if (!found.some((one) => one === field || one.startsWith(`${field}.`)))
        missed.push(`${file}: ${field} = ${kind}: complains of ${found.join(', ') || 'nothing'}`);
    }
  }
  expect(places.size).toBeGreaterThan(100);
  expect(missed).toEqual([]);
});

test('an unknown key is refused by its path, wherever keys are fixed', () => {
  const missed: string[] = [];
  for (const [key, { value, steps }] of places) {
    const isFixed = keys.get(key)?.has('object') && !keys.has(key === '' ? '*' : `${key}.*`) && key !== 'streams';
    if (!isFixed) continue;
    const field = writtenPath([...steps, 'zzz']);
    const held = steps.reduce<unknown>((found, step) => (found as Record<string, unknown>)?.[step], value);
    if (typeof held !== 'object') continue;
    const found = complaintsOf(replaced(value, [...steps, 'zzz'], 1));
    if (!found.includes(field)) missed.push(`${field}: complains of ${found.join(', ') || 'nothing'}`);
  }
  expect(missed).toEqual([]);
});

/** Sensors may give any number. */
const isReading = (key: string) => /\.(range|missing)\[\]$/.test(key);

test('text that is no allowed word, a number outside of its range: refused by path', () => {
  const missed: string[] = [];
  for (const [key, { value, steps }] of places) {
    if (!keys.get(key)?.has('number') || isReading(key)) continue;
    const field = writtenPath(steps);
    for (const number of [-1e12, 1e12]) {
      const found = complaintsOf(replaced(value, steps, number));
      if (!found.includes(field)) missed.push(`${field} = ${number}: complains of ${found.join(', ') || 'nothing'}`);
    }
  }
  expect(missed).toEqual([]);
});
