/**
 * Models at rest: a text that only the manifest of a rolled-out model has is searched in every byte of every file of the data folder of a
 * real box, while it runs and after kill -9. Without encryption the same search finds it. Without its key the model is fetched again.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip } from '../support/clip.ts';
import { walkerVersion } from '../support/desiring-hub.ts';
import { filesWith } from '../support/files-with.ts';
import { rollOut, signingHub } from '../support/roll-out.ts';
import { configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { hasMemory, tempMemory, withoutMemory } from '../support/temp-memory.ts';
import { until } from '../support/until.ts';

const PLANTED = 'LicenseRef-nobody-else-has-this';
const anError = z.looseObject({ code: z.string(), message: z.string() });

test.skipIf(!hasMemory)(
  `a model of the hub is in no file of an encrypted data folder, and a lost key costs a download${withoutMemory}`,
  { timeout: 400_000 },
  async () => {
    const folder = tempFolder();
    const memoryDir = tempMemory();
    const hub = await startHub(folder);
    const signing = await signingHub(hub, folder);
    const clip = await writeClip(folder, { frames: 200, fps: 20 });
    const config = {
      models: { walker: walkerVersion(folder, '1.0.0') },
      updates: signing.updates,
      streams: { street: { source: { url: clip, loop: true }, model: 'walker', summaryS: 1 } },
    };
    const plainFile = await configureAgent(folder, hub, config);
    const data = path.join(folder, 'agent', 'data');
    const withKey = (name: string) => {
      const keyFile = path.join(folder, name);
      writeFileSync(keyFile, randomBytes(32));
      const file = path.join(folder, 'agent', `${name}.yaml`);
      const all = JSON.parse(readFileSync(plainFile, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...all, encryption: { keyFile, memoryDir } }));
      return file;
    };
    const serving = () =>
      until(
        async () => JSON.stringify(await hub.api('/devices/box')).includes('"2.0.0"'),
        'the box says that it runs 2.0.0',
        90_000,
      );
    const sealed = () => readdirSync(path.join(data, 'models', 'sealed')).filter((name) => name !== 'drafts');
    const end = async (agent: ReturnType<typeof startAgent>, signal: 'SIGKILL' | 'SIGTERM') => {
      agent.process.kill(signal);
      return (await agent.ended).code;
    };

    let agent = startAgent(plainFile);
    await signing.upload(walkerVersion(folder, '2.0.0', {}, { license: PLANTED }));
    expect(await rollOut(hub, '2.0.0')).toMatchObject({ status: 'done' });
    expect(filesWith(data, PLANTED).length).toBeGreaterThan(0);
    // In order: a model under which the agent is killed three times soon after it took over is taken back.
    expect(await end(agent, 'SIGTERM')).toBe(0);

    // A key over what is there, without a hub's help; and again after kill -9 and a power cut.
    const first = withKey('first');
    for (let times = 0; times < 2; times++) {
      agent = startAgent(first);
      await until(
        () => existsSync(path.join(data, 'models', 'sealed')) && sealed().length === 1,
        'it is sealed',
        60_000,
      );
      await until(() => filesWith(data, PLANTED).length === 0, 'nothing of it is plain', 60_000);
      await until(() => filesWith(memoryDir, PLANTED).length > 0, 'it is open in memory', 60_000);
      await serving();
      await end(agent, 'SIGKILL');
      expect(filesWith(data, PLANTED)).toEqual([]);
      for (const name of readdirSync(memoryDir)) rmSync(path.join(memoryDir, name), { recursive: true });
    }

    // A lost key: said, fetched again, and sealed with the new one.
    const [before] = sealed();
    agent = startAgent(withKey('second'));
    await until(
      async () =>
        (await listAll(hub, '/problems', anError)).some(
          ({ code, message }) => code === 'key-lost' && message.includes('fetched again'),
        ),
      'the loss is told',
      60_000,
    );
    await until(() => filesWith(memoryDir, PLANTED).length > 0, 'it is there again', 90_000);
    await until(() => sealed().length === 1, 'it is sealed again', 60_000);
    expect(sealed()).toEqual([before]);
    expect(await end(agent, 'SIGTERM')).toBe(0);
    expect(filesWith(data, PLANTED)).toEqual([]);
    // What ended in order leaves nothing in memory.
    expect(readdirSync(memoryDir)).toEqual([]);
  },
);
