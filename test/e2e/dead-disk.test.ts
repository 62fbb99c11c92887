/** A real file system that hangs, as a dead network mount does: it costs the streams on it, and nothing else. */
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { canHang, mountHangingDisk } from '../support/hanging-disk.ts';
import { waveRows, writeCsv, writeWaveModel } from '../support/sensor.ts';
import { configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const problem = z.object({ code: z.string(), stream: z.string().optional(), message: z.string() });
const summary = z.object({ stream: z.string(), inferred: z.number() });
const device = z.object({
  streams: z.array(
    z.looseObject({ id: z.string(), state: z.string(), stateS: z.number(), error: z.string().optional() }),
  ),
});

test.skipIf(!canHang)(
  'streams on a dead disk say so, the others go on, and the agent ends in order',
  { timeout: 180_000 },
  async () => {
    const folder = tempFolder();
    const [mount, behind] = [path.join(folder, 'mount'), path.join(folder, 'behind')];
    for (const one of [mount, behind]) mkdirSync(one);
    const clip = await writeClip(folder);
    copyFileSync(clip, path.join(behind, 'clip.mp4'));
    writeCsv(behind, 'wave.csv', waveRows(200));
    const disk = await mountHangingDisk(behind, mount);
    onTestFinished(() => disk.stop());
    const hub = await startHub(folder);
    const configFile = await configureAgent(folder, hub, {
      models: { walker: writeWalkerPackage(folder), wave: await writeWaveModel(folder) },
      runners: { count: 1 },
      streams: {
        near: { source: { url: clip, loop: true }, model: 'walker', summaryS: 1 },
        far: { source: { url: path.join(mount, 'clip.mp4'), loop: true }, model: 'walker', summaryS: 1 },
        pump: { kind: 'sensor', source: { url: path.join(mount, 'wave.csv'), speed: 2000, loop: true }, model: 'wave' },
      },
    });
    const agent = startAgent(configFile);
    const streams = async () => device.parse(await hub.api('/devices/box')).streams;
    const are = (wanted: Record<string, string>) =>
      until(
        async () => {
          const found = await streams();
          const right = Object.entries(wanted).every(([id, state]) => found.find((s) => s.id === id)?.state === state);
          if (!right) throw new Error(JSON.stringify(found));
          return found;
        },
        JSON.stringify(wanted),
        60_000,
      );
    await are({ near: 'running', far: 'running', pump: 'running' });

    await disk.send('hang');
    const found = await are({ near: 'running', far: 'waiting', pump: 'stalled' });
    expect(found.find(({ id }) => id === 'far')?.error).toContain('its disk does not answer');
    const reported = await until(
      async () => (await listAll(hub, '/problems', problem)).filter(({ code }) => code === 'source-stalled'),
      'the problems',
    );
    expect(reported.find(({ stream }) => stream === 'pump')?.message).toContain('its disk has not answered for 5 s');
    const analysed = async () =>
      (await listAll(hub, '/summaries', summary))
        .filter((s) => s.stream === 'near')
        .reduce((n, s) => n + s.inferred, 0);
    const before = await analysed();
    await until(async () => (await analysed()) > before + 20, 'the near one goes on');

    await disk.send('answer');
    await are({ near: 'running', far: 'running', pump: 'running' });

    await disk.send('hang');
    await are({ far: 'waiting', pump: 'stalled' });
    // Its runner cannot even be killed while the kernel waits for the disk; nobody waits for the runner.
    const began = performance.now();
    const exit = once(agent.process, 'exit');
    agent.process.kill('SIGTERM');
    expect((await exit)[0]).toBe(0);
    expect(performance.now() - began).toBeLessThan(60_000);
    await disk.send('answer');
  },
);
