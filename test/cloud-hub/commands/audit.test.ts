/** The commands of the audit, as people type them: a row is edited in the database, and `audit verify` says which. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { type Finished, startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { addDevice, testHub } from '../support.ts';

test('from the list to a row that somebody edited', async () => {
  const folder = tempFolder();
  const hub = await testHub({ folder });
  const run = (...args: string[]): Promise<Finished> =>
    startProgram('cloud-hub/main.js', ['audit', ...args], { cwd: folder }).ended;
  const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
  for (const id of ['cam', 'gate']) await addDevice(hub, id);

  const [listed, head, exported] = await Promise.all([
    run('list', '--action', 'device', ...access),
    run('head', ...access),
    run('export', '--subject', 'cam', ...access),
  ]);
  const rows = listed.stdout.trimEnd().split('\n');
  expect(rows.map((row) => row.split('\t').filter((_, i) => i !== 1))).toEqual([
    ['3', 'admin', '127.0.0.1', 'device.add', 'gate', '{}'],
    ['2', 'admin', '127.0.0.1', 'device.add', 'cam', '{}'],
  ]);
  expect(head.stdout).toMatch(/^3:[0-9a-f]{64}\n$/);
  expect(JSON.parse(exported.stdout)).toMatchObject({ id: '2', subject: 'cam', digest: expect.any(String) });

  const kept = ['--data-dir', folder, '--head', head.stdout.trim()];
  const [whole, wrong, missing] = await Promise.all([
    run('verify', ...kept),
    run('verify', '--data-dir', folder, '--head', 'x'),
    run('verify', '--data-dir', path.join(folder, 'none')),
  ]);
  expect([whole.code, whole.stdout]).toEqual([0, `3 entries, the chain is whole; head ${head.stdout}`]);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('must be ID:DIGEST')]);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('there is no')]);

  const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  database.exec(
    "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; UPDATE audit SET actor = 'eve' WHERE id = 2",
  );
  const edited = await run('verify', ...kept);
  expect(edited.code).toBe(1);
  expect(edited.stdout).toMatch(
    /^entry 2: it was changed or inserted, or the entry before it was\n3 entries, 1 faults;/,
  );
  database.exec('DELETE FROM audit WHERE id = 3');
  database.close();
  expect((await run('verify', ...kept)).stdout).toMatch(/^entry 2: .*\nentry 3: it is missing: the head .*\n2 entries/);
}, 60_000);
