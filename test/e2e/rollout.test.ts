import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip } from '../support/clip.ts';
import { walkerVersion } from '../support/desiring-hub.ts';
import { runProgram } from '../support/program.ts';
import { configureAgent, type HubHandle, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const shown = z.looseObject({ id: z.string(), status: z.string(), reason: z.string() });
const POLICY = { shadowFrames: 40, minAgreement: 0.8, maxLatencyRatio: 3, maxErrorRate: 0.01, shadowTimeoutS: 120 };

/** Begins a rollout to every device at once, and waits for its end. */
async function rollOut(hub: HubHandle, version: string) {
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

test('a signed version goes through a rollout and serves; one that is silently wrong is stopped on the device, and answers go on', {
  timeout: 400_000,
}, async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const url = `http://127.0.0.1:${hub.httpPort}`;
  const [keys, token] = [path.join(folder, 'keys'), path.join(folder, 'hub', 'admin.token')];
  const command = async (...args: string[]) => {
    const { code, stdout, stderr } = await runProgram('cloud-hub/main.js', [
      ...args,
      '--url',
      url,
      '--token-file',
      token,
    ]);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  };
  await command('keys', 'init', '--keys', keys);
  writeFileSync(path.join(folder, 'root.json'), await command('keys', 'root'));
  const configFile = await configureAgent(folder, hub, {
    models: { walker: walkerVersion(folder, '1.0.0') },
    updates: { url, rootFile: path.join(folder, 'root.json') },
    streams: {
      street: {
        source: { url: await writeClip(folder, { frames: 200, fps: 20 }), loop: true },
        model: 'walker',
        summaryS: 1,
        rules: [{ kind: 'threshold', name: 'crowd', atLeast: 1 }],
      },
    },
  });
  const agent = startAgent(configFile);
  for (const [version, manifest] of [
    ['2.0.0', {}],
    ['3.0.0', { labels: ['cat'] }],
  ] as const)
    await command('model', 'upload', walkerVersion(folder, version, {}, manifest), '--keys', keys);

  expect(await rollOut(hub, '2.0.0')).toMatchObject({ status: 'done' });
  const wrong = await rollOut(hub, '3.0.0');
  expect(wrong).toMatchObject({ status: 'rolled-back', reason: expect.stringMatching(/agree/) });

  const event = z.looseObject({ label: z.string() });
  const events = await listAll(hub, '/events', event);
  expect(new Set(events.map((e) => e.label))).toEqual(new Set(['person']));
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
});
