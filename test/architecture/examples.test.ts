/** What the guides tell people to write is taken as it stands. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { parseConfig } from '../../agent/config.ts';
import { sensorSource } from '../../shared/contract/config/sensor-source.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';
import { root } from './files.ts';

const blocksOf = (file: string) =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);

const [whole = '', ...others] = blocksOf('README.md').toSorted(
  (a, b) => Number(b.includes('device: gate-3')) - Number(a.includes('device: gate-3')),
);

function parsed(text: string) {
  const config = parseConfig(text, path.join(root, 'agent.yaml'));
  return { config, refused: config.refused.map(({ complaints }) => describeComplaints(complaints)) };
}

test('the agent.yaml of the README is taken, with each of its rules', () => {
  const { config, refused } = parsed(whole);
  expect(refused).toEqual([]);
  expect(config.streams.get('gate')?.rules.map(({ name }) => name)).toEqual(['door', 'yard', 'crowd']);
});

test.each(['privacy:', 'escalate:'])('what the README adds to a stream under "%s" is taken there', (part) => {
  const added = others.find((text) => text.startsWith(`    ${part}`)) ?? expect.fail('it is not in the README');
  const { config, refused } = parsed(`${whole}${added}`);
  expect(refused).toEqual([]);
  expect(config.streams.get('gate')).toHaveProperty(part.slice(0, -1), expect.anything());
});

test('the sources of sensors that the README names are taken', () => {
  const lines = others.flatMap((text) => text.match(/^source: .*$/gm) ?? []);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) {
    const source: unknown = parseDocument(line).toJS().source;
    expect(sensorSource.safeParse(source).error, line).toBeUndefined();
  }
});

test('the recipe of a rollout says where a device takes packages from, and the line is taken', () => {
  const [updates = ''] = blocksOf('cloud-hub/README.md').filter((text) => text.startsWith('updates:'));
  expect(parsed(`${whole}${updates}`).config.updates).toMatchObject({ url: expect.stringContaining('http') });
});
