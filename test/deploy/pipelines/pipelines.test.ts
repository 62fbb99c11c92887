/** The shell lines of the examples, in their order, against a real hub and a real device. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { writeClip } from '../../support/clip.ts';
import { walkerVersion } from '../../support/desiring-hub.ts';
import { built, runProgram } from '../../support/program.ts';
import { configureAgent, startAgent, startHub } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';

const examples = path.resolve(import.meta.dirname, '../../../deploy/pipelines');
const steps = z.array(z.looseObject({ run: z.string().optional(), if: z.string().optional() }));
const read = (name: string): unknown => parse(readFileSync(path.join(examples, name), 'utf8'));

interface Pipeline {
  readonly script: readonly string[];
  readonly after: readonly string[];
}

/** What each of the pipelines runs, and what it runs whatever happens. */
const pipelines = {
  'github-actions.yml': () => {
    const { jobs } = z
      .object({ jobs: z.object({ 'roll-out': z.looseObject({ steps }) }) })
      .parse(read('github-actions.yml'));
    const all = jobs['roll-out'].steps;
    const lines = (always: boolean) =>
      all.flatMap((step) => (step.run && (step.if === 'always()') === always ? [step.run] : []));
    return { script: lines(false), after: lines(true) };
  },
  'gitlab-ci.yml': () => {
    const job = z.looseObject({ script: z.array(z.string()), after_script: z.array(z.string()) });
    const { model } = z.object({ model: job }).parse(read('gitlab-ci.yml'));
    return { script: [model.script.join('\n')], after: [model.after_script.join('\n')] };
  },
};

/** Runs it as both services do: bash, which ends at the first failure, of a pipe too. */
async function sh(script: string, cwd: string, env: Record<string, string>) {
  const child = spawn('bash', ['-eo', 'pipefail', '-c', script], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = await once(child, 'close');
  return { code: code as number | null, output };
}

/** Small waves: the example's soak takes an hour. */
const PLAN = {
  waves: [{ percent: 100, soakS: 0 }],
  gates: { minFrames: 20, maxLatencyRatio: 50 },
  proof: { shadowFrames: 20, minAgreement: 0.8, maxLatencyRatio: 50, maxErrorRate: 0.01, shadowTimeoutS: 120 },
};

test('the first brings a good version to the device, the second fails with a bad one; both run the same commands', {
  timeout: 400_000,
}, async () => {
  const [first, second] = [pipelines['github-actions.yml'](), pipelines['gitlab-ci.yml']()];
  const commands = ({ script }: Pipeline) =>
    script
      .join('\n')
      .split('\n')
      .filter((line) => line.startsWith('vedette-hub'));
  expect(commands(first)).toEqual(commands(second));
  expect(commands(first)).toHaveLength(5);

  const folder = tempFolder();
  const hub = await startHub(folder);
  const url = `http://127.0.0.1:${hub.httpPort}`;
  const tokenFile = path.join(folder, 'hub', 'admin.token');
  const keys = path.join(folder, 'keys');
  const access = ['--url', url, '--token-file', tokenFile];
  expect(await runProgram('cloud-hub/main.js', ['keys', 'init', '--keys', keys, ...access])).toMatchObject({
    code: 0,
  });
  const root = await runProgram('cloud-hub/main.js', ['keys', 'root', ...access]);
  writeFileSync(path.join(folder, 'root.json'), root.stdout);
  const configFile = await configureAgent(folder, hub, {
    models: { walker: walkerVersion(folder, '1.0.0') },
    updates: { url, rootFile: path.join(folder, 'root.json') },
    streams: {
      street: {
        source: { url: await writeClip(folder, { frames: 200, fps: 20 }), loop: true },
        model: 'walker',
        summaryS: 1,
      },
    },
  });
  startAgent(configFile);

  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    path.join(bin, 'vedette-hub'),
    `#!/bin/sh\nexec '${process.execPath}' '${built('cloud-hub/main.js')}' "$@"\n`,
    { mode: 0o755 },
  );
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    VEDETTE_URL: url,
    VEDETTE_TOKEN: readFileSync(tokenFile, 'utf8').trim(),
    VEDETTE_KEYS: execFileSync('tar', ['-cz', '-C', keys, '.']).toString('base64'),
    MODEL: 'walker',
    PACKAGE: 'models/yolox',
    PLAN: 'rollout.yaml',
  };
  /** As a runner does, with a checkout of its own. */
  const runAll = async ({ script, after }: Pipeline, version: string, manifest: Record<string, unknown>) => {
    const checkout = path.join(folder, `checkout-${version}`);
    cpSync(walkerVersion(folder, version, {}, manifest), path.join(checkout, 'models/yolox'), { recursive: true });
    writeFileSync(path.join(checkout, 'rollout.yaml'), JSON.stringify(PLAN));
    let result: { code: number | null; output: string } = { code: 0, output: '' };
    for (const step of script) {
      const { code, output } = await sh(step, checkout, env);
      result = { code, output: result.output + output };
      if (code !== 0) break;
    }
    for (const step of after) expect(await sh(step, checkout, env)).toMatchObject({ code: 0 });
    return result;
  };

  const good = await runAll(first, '2.0.0', {});
  expect(good, good.output).toMatchObject({ code: 0, output: expect.stringContaining('\tdone\t') });
  const bad = await runAll(second, '3.0.0', { labels: ['cat'] });
  expect(bad, bad.output).toMatchObject({ code: 3, output: expect.stringContaining('\trolled-back\t') });
  for (const { output } of [good, bad])
    for (const secret of [env.VEDETTE_TOKEN, env.VEDETTE_KEYS]) expect(output).not.toContain(secret);
});

test('the plan of the example is one that the hub takes', { timeout: 120_000 }, async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const keys = path.join(folder, 'keys');
  const access = ['--url', `http://127.0.0.1:${hub.httpPort}`, '--token-file', path.join(folder, 'hub', 'admin.token')];
  expect(await runProgram('cloud-hub/main.js', ['keys', 'init', '--keys', keys, ...access])).toMatchObject({ code: 0 });
  const uploaded = await runProgram('cloud-hub/main.js', [
    'model',
    'upload',
    walkerVersion(folder, '1.0.0'),
    '--keys',
    keys,
    ...access,
  ]);
  expect(uploaded).toMatchObject({ code: 0 });
  const [name = ''] = uploaded.stdout.split('\t');
  const plan = ['--plan', path.join(examples, 'rollout.yaml'), '--dry-run'];
  expect(
    await runProgram('cloud-hub/main.js', ['rollout', 'create', name, '--model', 'walker', ...plan, ...access]),
  ).toMatchObject({ code: 0 });
});
