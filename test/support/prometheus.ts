/** A real Prometheus and its promtool (Debian package `prometheus`), on a port of its own. It ends with the test. */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { freePort } from './free-port.ts';
import { tempFolder } from './temp.ts';
import { until } from './until.ts';

export const hasPrometheus = spawnSync('promtool', ['--version']).status === 0;
export const withoutPrometheus = hasPrometheus ? '' : ' (skipped: no Prometheus, Debian package prometheus)';

/** What promtool says, and with which exit code. */
export function promtool(
  args: readonly string[],
  folder: string,
): { readonly code: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
  return { code: status, text: `${stdout}${stderr}` };
}

const answer = z.object({ status: z.literal('success'), data: z.unknown() });

export interface Prometheus {
  /** The `data` of an answer of its HTTP API. */
  get(route: string): Promise<unknown>;
}

/** @param configFile of Prometheus; relative paths in it start at its folder */
export async function startPrometheus(configFile: string): Promise<Prometheus> {
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${path.join(tempFolder(), 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const get = async (route: string) =>
    answer.parse(await (await fetch(`http://127.0.0.1:${port}/api/v1/${route}`)).json()).data;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended: ${log}`);
    return await get('status/buildinfo');
  }, 'Prometheus answers');
  return { get };
}
