/** The commands of alerts, as people type them, against a running hub and a real receiver. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Finished, startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { receiver } from '../alerts/receiver.ts';
import { testHub } from '../support.ts';

test('from a channel to a silence', async () => {
  const folder = tempFolder();
  const hub = await testHub({ config: { alertNetworks: '127.0.0.1' as never } });
  const { url, received } = await receiver((response, n) => void response.writeHead(n === 1 ? 204 : 500).end());
  const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
  const run = (...args: string[]): Promise<Finished> =>
    startProgram('cloud-hub/main.js', ['alert', ...args, ...access], { cwd: folder }).ended;
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    expect([args, code, stderr]).toEqual([args, 0, '']);
    return stdout;
  };
  writeFileSync(path.join(folder, 'key'), 'a secret of the test\n');
  writeFileSync(path.join(folder, 'gone.yaml'), 'condition: { kind: offline }\nforS: 300\nchannels: [pager]\n');
  writeFileSync(path.join(folder, 'bad.yaml'), 'condition: { kind: offline, above: 3 }\n');

  const [early, missing, nobody, long] = await Promise.all([
    run('rule', 'set', 'gone', '--file', 'gone.yaml'),
    run('rule', 'set', 'gone', '--file', 'missing.yaml'),
    run('rule', 'show', 'nobody'),
    run('silence', '--for', 'long'),
  ]);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('there is no channel "pager"')]);
  expect([missing.code, nobody.code, long.code]).toEqual([2, 2, 2]);
  const set = ['channel', 'set', 'pager', '--kind', 'webhook', '--address', url, '--secret-file', 'key'];
  expect(await ok(...set)).toBe(`pager\twebhook\t${url}\twith a secret\n`);
  expect(await ok('channel', 'test', 'pager')).toMatch(/^arrived after \d+ ms\n$/);
  expect(received[0]?.headers['vedette-signature']).toBeDefined();
  const [failed, written] = await Promise.all([
    run('channel', 'test', 'pager'),
    ok('rule', 'set', 'gone', '--file', 'gone.yaml'),
  ]);
  expect([failed.code, failed.stderr]).toEqual([1, 'did not arrive: answered 500\n']);
  expect(written).toBe('gone\t0 firing\twarning\toffline\tpager\n');

  const silence = ['silence', '--for', '2h', '--rule', 'gone', '--selector', 'site=berlin', '--comment', 'works'];
  const [shown, bad, kept, id] = await Promise.all([
    ok('rule', 'show', 'gone'),
    run('rule', 'set', 'gone', '--file', 'bad.yaml'),
    run('channel', 'remove', 'pager'),
    ok(...silence),
  ]);
  expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining('a condition "offline" does not have it')]);
  expect([kept.code, kept.stderr]).toEqual([1, expect.stringContaining('rules name it: gone')]);
  writeFileSync(path.join(folder, 'shown.yaml'), shown);
  const [copied, silences] = await Promise.all([ok('rule', 'set', 'copy', '--file', 'shown.yaml'), ok('silences')]);
  expect(copied).toMatch(/^copy\t0 firing\twarning\toffline\tpager\n/);
  expect(silences).toMatch(new RegExp(`^${id.trim()}\t.*\tadmin\tworks\tgone\n$`));
  const sundays = ['--schedule', '* 2-3 * * 0', '--timezone', 'Europe/Berlin'];
  const [window, unread, push] = await Promise.all([
    ok('silence', ...sundays, '--comment', 'weekly'),
    run('silence', '--schedule', '* 25 * * *'),
    ok('channel', 'set', 'screens', '--kind', 'push', '--users', 'ann', '--users', 'bob'),
  ]);
  expect([unread.code, unread.stderr]).toEqual([1, expect.stringContaining('hour')]);
  expect(push).toBe('screens\tpush\tann, bob\n');
  expect(await ok('silences')).toContain('weekly\tall rules\t* 2-3 * * 0 Europe/Berlin\n');
  const [none, browsers, gone] = await Promise.all([
    run('acknowledge', '999'),
    ok('browser', 'list'),
    run('browser', 'end', '7'),
  ]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('there is no alert "999"')]);
  expect(browsers).toBe('');
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('there is no subscription "7"')]);
  await Promise.all([ok('unsilence', window.trim()), ok('channel', 'remove', 'screens')]);
  await Promise.all([ok('unsilence', id.trim()), ok('rule', 'remove', 'gone'), ok('rule', 'remove', 'copy')]);
  await ok('channel', 'remove', 'pager');
  const lists = [ok('list', '--all'), ok('deliveries'), ok('silences'), ok('rule', 'list'), ok('channel', 'list')];
  expect(await Promise.all(lists)).toEqual(['', '', '', '', '']);
}, 240_000);
