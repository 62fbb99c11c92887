import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeClip } from '../../../../support/clip.ts';
import { now, startDecoding } from '../../../../support/decoding.ts';
import { hasRtspServer, startRtspCamera } from '../../../../support/rtsp-camera.ts';
import { startSlowRelay } from '../../../../support/slow-relay.ts';
import { tempFolder } from '../../../../support/temp.ts';

const needsServer = test.skipIf(!hasRtspServer);
const measured = (what: string, ms: number) => console.log(`${what}: ${Math.round(ms)} ms`);

/** After a disturbance the camera is back: frames flow again, and their time went on. */
async function untilBack(decoding: ReturnType<typeof startDecoding>, since: number, what: string) {
  const before = decoding.all('frame').findLast((f) => f.at <= since);
  const frame = await decoding.next('frame', since);
  measured(`${what}: frames flow again after`, frame.at - since);
  expect(frame.ptsMs).toBeGreaterThanOrEqual(before?.ptsMs ?? 0);
  expect(frame.frame).toBeGreaterThan(before?.frame ?? -1);
}

needsServer.each(['tcp', 'udp'] as const)(
  'a camera over %s lives through stall, disconnect, absence and garbage',
  async (transport) => {
    const camera = await startRtspCamera(await writeClip(tempFolder()), 10);
    const url = `rtsp://127.0.0.1:${camera.port}/live`;
    const decoding = startDecoding({ url, transport }, { reconnect: true });
    const opened = await decoding.next('opened');
    expect(opened.info).toMatchObject({ width: 320, height: 240 });
    await decoding.next('frame');

    await camera.send('stall');
    const stalledAt = now();
    const stall = await decoding.next('waiting', stalledAt);
    expect(stall.code).toBe('source-stalled');
    measured(`${transport} stall noticed after`, stall.at - stalledAt);
    await camera.send('resume');
    await untilBack(decoding, now(), `${transport} stall`);

    const droppedAt = now();
    await camera.send('drop');
    expect((await decoding.next('waiting', droppedAt)).code).toBe('source-ended');
    await untilBack(decoding, now(), `${transport} disconnect`);

    const stoppedAt = now();
    await camera.send('stop');
    await decoding.next('waiting', stoppedAt);
    expect((await decoding.next('waiting', now())).message).toContain('Connection refused');
    await camera.send('start');
    await untilBack(decoding, now(), `${transport} return`);

    const garbageAt = now();
    await camera.send('garbage');
    expect((await decoding.next('problem', garbageAt)).code).toBe('frame-undecodable');
    await camera.send('resume');
    await untilBack(decoding, now(), `${transport} garbage`);

    // Results come within two seconds of a camera's return: it is asked about each second.
    for (const { waitMs } of decoding.all('waiting')) expect(waitMs).toBeLessThanOrEqual(1000);
    await decoding.close();

    // A wait for packets ends when the source is closed, long before it counts as stalled.
    const patient = startDecoding({ url, transport, stallS: 60 });
    await patient.next('frame');
    await camera.send('stall');
    const closing = now();
    await patient.close();
    measured(`${transport} closed after`, now() - closing);
    expect(now() - closing).toBeLessThan(30_000);
  },
  120_000,
);

needsServer(
  'user and password: wrong ones are told as such, right ones may hold any sign, none are ever said',
  async () => {
    const folder = tempFolder();
    const password = 'p@ss/w:ö?#%&';
    const passwordFile = path.join(folder, 'camera.password');
    const camera = await startRtspCamera(await writeClip(folder), 10, { user: 'viewer', password });
    const address = `127.0.0.1:${camera.port}/live`;
    writeFileSync(passwordFile, `${password}\n`);

    const right = startDecoding({ url: `rtsp://${address}`, user: 'viewer', passwordFile });
    await right.next('frame');
    await right.close();

    for (const url of [`rtsp://${address}`, `rtsp://viewer:s3cret@${address}`]) {
      const failure = await startDecoding({ url }).ended;
      expect(failure?.code).toBe('source-auth');
      expect(failure?.message).toContain(`rtsp://127.0.0.1:${camera.port}/…`);
      expect(failure?.message).toContain(url.includes('@') ? 'refuses this user' : 'set `user`');
      expect(failure?.message).not.toMatch(/s3cret|p@ss|viewer:/);
    }
    const missing = await startDecoding({
      url: `rtsp://${address}`,
      user: 'viewer',
      passwordFile: `${passwordFile}.not`,
    }).ended;
    expect(missing?.code).toBe('source-auth');
    expect(missing?.message).toContain('no such file');
  },
);

needsServer(
  'a camera that needs three seconds to answer is opened, and one that needs more than `openS` is named as such',
  async () => {
    const camera = await startRtspCamera(await writeClip(tempFolder()), 10);
    const url = `rtsp://127.0.0.1:${await startSlowRelay(camera.port, 3000)}/live`;
    const patient = startDecoding({ url }, { reconnect: true });
    const hasty = await startDecoding({ url, openS: 1 }).ended;
    expect(hasty).toMatchObject({
      code: 'source-stalled',
      message: expect.stringMatching(
        /no packet within 1\.5 s of connecting; one that needs longer wants a larger `openS`/,
      ),
    });
    await patient.next('frame');
    expect(patient.all('waiting')).toEqual([]);
  },
);

needsServer('a wrong path and sound without a picture have their codes', async () => {
  const camera = await startRtspCamera(await writeClip(tempFolder()), 10);
  const wrong = await startDecoding({ url: `rtsp://127.0.0.1:${camera.port}/nothing` }).ended;
  expect(wrong).toMatchObject({ code: 'source-open', message: expect.stringContaining('404') });
  const sound = await startDecoding({ url: `rtsp://127.0.0.1:${camera.port}/audio` }).ended;
  expect(sound?.code).toBe('source-no-video');
});

needsServer(
  '100 reconnects leave descriptors and memory as they were',
  async () => {
    const camera = await startRtspCamera(await writeClip(tempFolder()), 30);
    const url = `rtsp://127.0.0.1:${camera.port}/live`;
    const streams = Array.from({ length: 4 }, () => startDecoding({ url }, { reconnect: true, fps: 2 }));
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const reconnect = async (times: number) => {
      for (let done = 0; done < times; done += streams.length) {
        // How soon is the other tests' matter; four cameras on a busy machine may take their time here.
        await Promise.all(streams.map((s) => s.next('frame', s.all('waiting').at(-1)?.at, 30_000)));
        const at = now();
        await camera.send('drop');
        await Promise.all(streams.map((s) => s.next('waiting', at, 30_000)));
      }
      return { files: descriptors(), rss: process.memoryUsage.rss() };
    };
    const warm = await reconnect(40);
    const end = await reconnect(100);
    console.log(
      `100 reconnects: rss ${(warm.rss / 2 ** 20).toFixed(1)} → ${(end.rss / 2 ** 20).toFixed(1)} MB, descriptors ${warm.files} → ${end.files}`,
    );
    expect(end.files).toBeLessThanOrEqual(warm.files + 2);
    expect(end.rss).toBeLessThan(warm.rss * 1.1);
  },
  240_000,
);
