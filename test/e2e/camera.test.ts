import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { hasRtspServer, startRtspCamera } from '../support/rtsp-camera.ts';
import { configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

const problem = z.object({ code: z.string(), stream: z.string().optional(), message: z.string() });
const summary = z.object({ stream: z.string(), inferred: z.number(), at: z.iso.datetime() });
const device = z.object({ streams: z.array(z.looseObject({ id: z.string(), state: z.string() })) });

test.skipIf(!hasRtspServer)(
  'a camera with a password stalls, goes and comes back; the hub knows, and the other stream does not notice',
  { timeout: 120_000 },
  async () => {
    const folder = tempFolder();
    const password = 's3cret';
    const camera = await startRtspCamera(await writeClip(folder), 10, { user: 'viewer', password });
    const passwordFile = path.join(folder, 'camera.password');
    writeFileSync(passwordFile, password);
    const address = `127.0.0.1:${camera.port}/live`;
    const hub = await startHub(folder);
    const file = await writeClip(tempFolder(), { fps: 30 });
    const configFile = await configureAgent(folder, hub, {
      log: 'info',
      models: { walker: writeWalkerPackage(folder) },
      streams: {
        gate: { source: { url: `rtsp://${address}`, user: 'viewer', passwordFile }, model: 'walker', summaryS: 1 },
        shut: { source: `rtsp://viewer:wr0ng@${address}`, model: 'walker' },
        file: { source: { url: file, loop: true }, model: 'walker', summaryS: 1 },
      },
    });
    const agent = startAgent(configFile);
    const untilState = (id: string, state: string) =>
      until(async () => {
        const { streams } = device.parse(await hub.api('/devices/box'));
        return streams.find((s) => s.id === id)?.state === state;
      }, `${id} is ${state}`);
    const untilReported = (stream: string, code: string) =>
      until(
        async () => (await listAll(hub, '/problems', problem)).find((t) => t.stream === stream && t.code === code),
        `${code} of ${stream}`,
      );
    const analysed = async (stream: string) =>
      (await listAll(hub, '/summaries', summary))
        .filter((s) => s.stream === stream)
        .reduce((sum, s) => sum + s.inferred, 0);

    await untilState('gate', 'running');
    expect((await untilReported('shut', 'source-auth')).message).toContain(`rtsp://127.0.0.1:${camera.port}/…`);

    await camera.send('stall');
    await untilReported('gate', 'source-stalled');
    await untilState('gate', 'waiting');
    await camera.send('resume');
    await untilState('gate', 'running');

    const before = { gate: await analysed('gate'), file: await analysed('file') };
    await camera.send('stop');
    await untilReported('gate', 'source-ended');
    await camera.send('start');
    await untilState('gate', 'running');
    await until(async () => (await analysed('gate')) > before.gate + 10, 'results of the camera go on');
    // Its next summary comes within a second.
    await until(async () => (await analysed('file')) > before.file, 'the other stream has gone on');

    agent.process.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
    for (const secret of [password, 'wr0ng']) expect(agent.stderr() + agent.stdout()).not.toContain(secret);
    for (const { message } of await listAll(hub, '/problems', problem)) expect(message).not.toMatch(/s3cret|wr0ng/);
  },
);
