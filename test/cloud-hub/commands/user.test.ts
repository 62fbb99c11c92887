/** The commands of users, as people type them. */
import { expect, test } from 'vitest';
import { type Finished, startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { testHub } from '../support.ts';

test('a change of the role says which devices stay: none are given by leaving them out', async () => {
  const folder = tempFolder();
  const hub = await testHub({ folder });
  const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
  const run = (...args: string[]): Promise<Finished> =>
    startProgram('cloud-hub/main.js', ['user', ...args, ...access], { cwd: folder }).ended;
  await run('add', 'ann', '--role', 'viewer', '--scope', 'site=berlin');
  const left = await run('set', 'ann', '--role', 'operator');
  expect([left.code, left.stderr]).toEqual([2, expect.stringContaining('--every-device')]);
  expect((await run('list')).stdout).toBe('ann\tviewer\tinvited\tsite=berlin\n');
  expect((await run('set', 'ann', '--role', 'operator', '--scope', 'site=paris')).stdout).toContain('site=paris');
  expect((await run('set', 'ann', '--role', 'operator', '--every-device')).stdout).toContain('every device');
}, 60_000);
