/** The commands around models of a running hub, as people type them. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeBrightPackage } from '../../support/onnx.ts';
import { type Finished, startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { addDevice, testHub } from '../support.ts';

async function withHub() {
  const folder = tempFolder();
  const hub = await testHub();
  const run = (...args: string[]): Promise<Finished> => {
    const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
    return startProgram('cloud-hub/main.js', [...args, ...(args[1] === 'cosign' ? [] : access)], { cwd: folder }).ended;
  };
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${stderr}`);
    return stdout + stderr;
  };
  const packageOf = (version: string) => {
    writeBrightPackage(path.join(folder, `bright-${version}`), {}, { version });
    return `bright-${version}`;
  };
  return { hub, folder, run, ok, packageOf };
}

test('from no keys to a rollout', async () => {
  const { hub, folder, run, ok, packageOf } = await withHub();
  const early = await run('keys', 'root');
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('keys init')]);
  expect(await ok('keys', 'init', '--keys', 'keys')).toMatch(/root\.json 1 is published/);
  for (const file of readdirSync(path.join(folder, 'keys'))) {
    expect(statSync(path.join(folder, 'keys', file)).mode & 0o777).toBe(0o600);
  }
  expect((await run('keys', 'init')).code).toBe(1);
  expect(await ok('model', 'upload', packageOf('1.0.0'))).toContain(
    'not signed yet: vedette-hub keys sign bright@1.0.0',
  );
  expect(await ok('keys', 'sign', 'bright@1.0.0')).toMatch(/targets\.json 2 is published; 1 packages are signed/);
  expect(await ok('model', 'upload', packageOf('1.1.0'), '--keys', 'keys', '--alias', 'canary')).toContain(
    '2 packages',
  );
  expect(await ok('model', 'list')).toMatch(/bright@1\.1\.0\tsigned\tcanary/);
  expect(JSON.parse(await ok('model', 'show', 'bright@1.0.0'))).toMatchObject({ signed: true });

  await addDevice(hub, 'cam');
  await ok('device', 'label', 'cam', 'site=berlin');
  writeFileSync(path.join(folder, 'plan.yaml'), 'waves: [{ percent: 100, soakS: 5 }]\nproof: { shadowFrames: 50 }\n');
  const create = [
    'rollout',
    'create',
    'bright:canary',
    '--model',
    'detector',
    '--selector',
    'site=berlin',
    '--plan',
    'plan.yaml',
  ];
  expect(await ok(...create, '--dry-run')).toMatch(/wave 1\t1 devices\tcam/);
  const [id = ''] = (await ok(...create, '--id', 'first')).split('\t');
  expect(id).toBe('first');
  expect(await hub.json('/devices/cam/desired')).toMatchObject({
    models: { detector: { version: '1.1.0', proof: { shadowFrames: 50 } } },
  });
  expect(await ok('rollout', 'pause', id)).toContain('paused');
  const inUse = await run('model', 'delete', 'bright@1.1.0');
  expect([inUse.code, inUse.stderr]).toEqual([1, expect.stringContaining('alias "canary" points to it')]);
  expect(await ok('rollout', 'abort', id)).toContain('aborted by admin');
  expect(await ok('rollout', 'show', id)).toMatch(/history\t.*\tadmin\taborted\taborted by admin/);
  expect(await ok('rollout', 'list')).toContain('first\taborted');
  const waited = await run('rollout', 'wait', id);
  expect([waited.code, waited.stdout]).toEqual([4, expect.stringContaining('aborted by admin')]);
  await ok('model', 'alias', 'canary', 'bright@1.1.0', '--remove');
  await ok('model', 'delete', 'bright@1.1.0');
  const wrong = await run('model', 'show', 'bright');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('must be NAME@VERSION')]);
}, 120_000);

test('keys of several people: thresholds, drafts, rotation', async () => {
  const { folder, run, ok, packageOf } = await withHub();
  await ok('keys', 'init', '--targets-keys', '2', '--targets-threshold', '2');
  await ok('model', 'upload', packageOf('1.0.0'));
  // One of the two keys is somewhere else.
  const { mkdirSync, renameSync } = await import('node:fs');
  const [file = ''] = readdirSync(path.join(folder, 'keys')).filter((f) => f.startsWith('targets-'));
  mkdirSync(path.join(folder, 'other'));
  renameSync(path.join(folder, 'keys', file), path.join(folder, 'other', file));
  expect(await ok('keys', 'sign', 'bright@1.0.0')).toMatch(/1 more signatures are needed: take targets-2\.draft\.json/);
  const early = await run('keys', 'publish', 'targets-2.draft.json');
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('1 valid signatures of 2')]);
  await ok('keys', 'cosign', 'targets-2.draft.json', '--keys', 'other');
  expect(await ok('keys', 'publish', 'targets-2.draft.json')).toContain('1 packages are signed');

  for (const role of ['snapshot', 'timestamp']) await ok('keys', 'rotate', role);
  renameSync(path.join(folder, 'other', file), path.join(folder, 'keys', file));
  const ambiguous = await run('keys', 'rotate', 'targets');
  expect([ambiguous.code, ambiguous.stderr]).toEqual([2, expect.stringContaining('which one of the keys')]);
  await ok('keys', 'rotate', 'targets', '--drop', file.slice('targets-'.length, -'.pem'.length));
  await ok('keys', 'add', 'root', '--threshold', '2');
  await ok('keys', 'renew', 'root');
  expect(await ok('keys', 'show')).toMatch(/^root\t6\t.*\t2 of [0-9a-f]{12},[0-9a-f]{12}\ntargets\t3\t/);
}, 120_000);
