/** helm and the schemas of Kubernetes, which `node dist/fixtures/main.js chart-tools` fetches. */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import path from 'node:path';
import { chartToolsIn } from '../../fixtures/chart-tools/chart-tools.ts';
import { type Manifest, manifestsOf } from './manifests.ts';
import { tempFolder } from './temp.ts';

export const chart = path.resolve(import.meta.dirname, '../../deploy/k3s');
export const chartTools = chartToolsIn(
  path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'vedette'),
);
export const hasHelm = chartTools !== undefined;
export const withoutHelm = hasHelm ? '' : ' (skipped: no helm; node dist/fixtures/main.js chart-tools)';

export interface HelmResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function helm(...args: readonly string[]): HelmResult {
  const home = tempFolder();
  const env = { ...process.env, HOME: home, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  const { status, stdout, stderr } = spawnSync(chartTools?.helm ?? 'helm', args, { encoding: 'utf8', env });
  return { code: status, stdout, stderr };
}

/** What the chart gives for these values. @throws Error with helm's words */
export function render(values: object = {}, ...files: readonly string[]): Manifest[] {
  const given = [...files.flatMap((file) => ['-f', file]), ...(Object.keys(values).length ? ['--set-json'] : [])];
  const json = Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const args = [...given, ...(json.length ? [json.join(',')] : [])];
  const { code, stdout, stderr } = helm('template', 'vedette', chart, '-n', 'vedette', ...args);
  if (code !== 0) throw new Error(stderr);
  return manifestsOf(stdout);
}
