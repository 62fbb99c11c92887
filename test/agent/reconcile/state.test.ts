import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openState } from '../../../agent/reconcile/state.ts';
import { tempFolder } from '../../support/temp.ts';

const NEW = { format: 1, models: {}, running: false };
const home = { name: 'walker', version: '1.0.0', serviceMs: 5, frames: 2, errors: 1 };

function opened(file: string) {
  const damages: string[] = [];
  return { state: openState(file, (reason) => damages.push(reason)), damages };
}

test('what is set is on disk before it is the state, by one file that is replaced as a whole, and the next open finds it', () => {
  const file = path.join(tempFolder(), 'data', 'models.json');
  const { state, damages } = opened(file);
  expect(state.state).toEqual(NEW);
  expect(existsSync(file)).toBe(false);
  state.set({ format: 1, models: {}, running: true });
  state.setModel('walker', (model) => {
    expect(model).toEqual({ failures: [] });
    return { ...model, active: home };
  });
  state.setModel('other', (model) => model);
  state.setModel('walker', (model) => ({ ...model, previous: home }));
  const whole = {
    format: 1,
    running: true,
    models: { walker: { active: home, previous: home, failures: [] }, other: { failures: [] } },
  };
  expect(state.state).toEqual(whole);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(whole);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(['models.json']);
  expect(opened(file).state.state).toEqual(whole);
  expect(damages).toEqual([]);
});

test('when the disk takes nothing the state stays as it was, in memory and on disk', () => {
  const file = path.join(tempFolder(), 'models.json');
  const { state } = opened(file);
  state.set({ ...state.state, format: 1, running: true });
  // A folder where the draft would be written.
  mkdirSync(`${file}.new`);
  expect(() => state.setModel('walker', () => ({ active: home, failures: [] }))).toThrow(/EISDIR/);
  expect(state.state).toEqual({ ...NEW, running: true });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...NEW, running: true });
  rmSync(`${file}.new`, { recursive: true });
  state.setModel('walker', () => ({ active: home, failures: [] }));
  expect(state.state.models).toEqual({ walker: { active: home, failures: [] } });
});

test('a file that cannot be used is moved aside and told of, and the state begins anew', () => {
  for (const content of [
    '{"format":1,',
    '',
    '{"format":2,"models":{},"running":false}',
    '{"format":1,"models":{"a":{}},"running":true}',
  ]) {
    const file = path.join(tempFolder(), 'models.json');
    writeFileSync(file, content);
    const { state, damages } = opened(file);
    expect(state.state).toEqual(NEW);
    expect(damages).toHaveLength(1);
    expect(readFileSync(`${file}.damaged`, 'utf8')).toBe(content);
    expect(existsSync(file)).toBe(false);
  }
});

test('a file that cannot be read at all is told of and left where it is', () => {
  const file = path.join(tempFolder(), 'models.json');
  mkdirSync(file);
  const { state, damages } = opened(file);
  expect(state.state).toEqual(NEW);
  expect(damages).toEqual([expect.stringMatching(/EISDIR/)]);
  expect(existsSync(file)).toBe(true);
});
