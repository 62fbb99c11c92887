/** A real nginx (Debian package `nginx-light`) with a site of deploy/, on a port of its own. It ends with the test. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { answers } from './free-port.ts';
import { tempFolder } from './temp.ts';
import { until } from './until.ts';

/** Its program: Debian puts it beside the system's. */
const program = ['nginx', '/usr/sbin/nginx'].find((file) => spawnSync(file, ['-v']).status === 0);
export const hasNginx = program !== undefined;
export const withoutNginx = hasNginx ? '' : ' (skipped: no nginx, Debian package nginx-light)';

/** @param site what is in its `http` block, with a server on `port` */
export async function startNginx(site: string, port: number): Promise<void> {
  const folder = tempFolder();
  mkdirSync(path.join(folder, 'logs'));
  const config = path.join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
  );
  writeFileSync(
    config,
    [
      'daemon off;',
      'master_process off;',
      'error_log stderr error;',
      `pid ${folder}/nginx.pid;`,
      'events {}',
      'http {',
      '  access_log off;',
      ...temporary,
      site,
      '}',
    ].join('\n'),
  );
  const child = spawn(program ?? 'nginx', ['-p', folder, '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let overrides = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (overrides += text));
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${overrides}`);
    return await answers(port);
  }, 'nginx listens');
}
