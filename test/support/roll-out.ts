/** Rollouts of the package `walker` by a real hub with keys of its own. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { runProgram } from './program.ts';
import type { HubHandle } from './stack.ts';
import { until } from './until.ts';

const shown = z.looseObject({ id: z.string(), status: z.string(), reason: z.string() });
const POLICY = { shadowFrames: 40, minAgreement: 0.8, maxLatencyRatio: 3, maxErrorRate: 0.01, shadowTimeoutS: 120 };

/** Begins a rollout to every device at once, and waits for its end. */
export async function rollOut(hub: HubHandle, version: string) {
  const made = shown.parse(
    await hub.api('/rollouts', {
      method: 'POST',
      body: {
        target: { kind: 'model', model: 'walker', package: `walker@${version}`, proof: POLICY },
        waves: [{ percent: 100, soakS: 0 }],
        gates: { minFrames: 20, maxLatencyRatio: 5 },
      },
    }),
  );
  return until(
    async () => {
      const now = shown.parse(await hub.api(`/rollouts/${made.id}`));
      return ['running', 'paused'].includes(now.status) ? new Error(JSON.stringify(now)) : now;
    },
    `the rollout of ${version} ends`,
    150_000,
  );
}

/** Gives the hub in `folder` keys. @returns what an agent needs of it in `updates`, and how a package comes to it */
export async function signingHub({ httpPort }: Pick<HubHandle, 'httpPort'>, folder: string) {
  const url = `http://127.0.0.1:${httpPort}`;
  const [keys, token, rootFile] = ['keys', 'hub/admin.token', 'root.json'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const command = async (...args: string[]) => {
    const access = ['--url', url, '--token-file', token];
    const { code, stdout, stderr } = await runProgram('cloud-hub/main.js', [...args, ...access]);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  };
  await command('keys', 'init', '--keys', keys);
  writeFileSync(rootFile, await command('keys', 'root'));
  return {
    updates: { url, rootFile },
    upload: (model: string) => command('model', 'upload', model, '--keys', keys),
  };
}
