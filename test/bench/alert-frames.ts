/**
 * `bench alerts`: from the first frame that shows a person to the webhook. A real agent with a real detector follows a camera (MJPEG
 * over HTTP), which this process plays; it also receives the webhook, so that one clock measures both ends.
 */

import { writeFileSync } from 'node:fs';
import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { HubProgram } from '../support/hub-program.ts';
import { spawnProgram } from '../support/spawn.ts';
import { picturesOf } from './clip-pictures.ts';
import { addAll } from './fleet.ts';
import { material } from './material.ts';

const TIMES = 100;
const FRAME_MS = 100;
/** Each time somebody comes, at a random moment within the rest, and is gone after the first. */
const THERE_MS = 1500;
const AWAY_MS = { least: 1500, more: 1000 };

interface Camera {
  readonly url: string;
  /** From the next frame on. @returns `performance.now` when that frame was sent */
  show(picture: Buffer): Promise<number>;
  close(): void;
}

/** @returns milliseconds of each time somebody came; `onTold` has to be called with each webhook */
export async function framesToWebhook(
  print: (line: string) => void,
  hub: HubProgram,
  folder: string,
  listen: (onTold: (at: number) => void) => void,
): Promise<number[]> {
  const { model, clip } = await material(print);
  const street = await pictureOf(clip);
  const nobody = await sharp({ create: { width: 768, height: 576, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();
  const camera = await play(nobody);
  const rule = { kind: 'threshold', name: 'somebody', labels: ['person'], frames: 1, snapshot: false };
  const config = await writeConfig(folder, hub, {
    models: { detector: path.resolve(model) },
    streams: { yard: { source: camera.url, model: 'detector', gate: false, rules: [rule] } },
  });
  const agent = spawnProgram('agent/main.js', ['run', '-c', config]);
  const waits: number[] = [];
  try {
    const alert = { condition: { kind: 'event', rule: 'somebody', action: 'start' }, channels: ['hook'], everyS: 0 };
    await hub.put('/alert-rules/somebody', { ...alert, keepS: 0 });
    let told: ((at: number) => void) | undefined;
    listen((at) => told?.(at));
    for (let time = -1; time < TIMES; time++) {
      const arrived = new Promise<number>((resolve) => {
        told = resolve;
      });
      const sent = await camera.show(street);
      const at = await Promise.race([arrived, sleep(60_000, undefined, { ref: false })]);
      if (at === undefined) throw new Error(`no webhook within 60 s: ${hub.complaints()}`);
      // The first time the agent still starts.
      if (time >= 0) waits.push(at - sent);
      await sleep(THERE_MS);
      await camera.show(nobody);
      await sleep(AWAY_MS.least + Math.random() * AWAY_MS.more);
    }
    await hub.remove('/alert-rules/somebody');
  } finally {
    agent.process.kill('SIGKILL');
    camera.close();
  }
  return waits;
}

/** An agent.yaml of a device of this hub. */
async function writeConfig(folder: string, hub: HubProgram, config: object): Promise<string> {
  const [[device, token] = ['', '']] = Object.entries(await addAll(hub, 1, 'camera-box'));
  writeFileSync(path.join(folder, 'device.token'), token);
  const file = path.join(folder, 'agent.yaml');
  const own = { device, hub: { url: `mqtt://127.0.0.1:${hub.mqttPort()}`, tokenFile: './device.token' } };
  writeFileSync(file, JSON.stringify({ ...own, log: 'error', api: false, ...config }));
  return file;
}

/** A frame of the clip, some seconds after its beginning. */
async function pictureOf(clip: string): Promise<Buffer> {
  let skipped = 0;
  for await (const picture of picturesOf(path.resolve(clip), 768)) if (++skipped === 50) return Buffer.from(picture);
  throw new Error(`${clip} has fewer than 50 frames`);
}

async function play(first: Buffer): Promise<Camera> {
  const viewers = new Set<ServerResponse>();
  let picture = first;
  let sent: ((at: number) => void)[] = [];
  const timer = setInterval(() => {
    const head = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`;
    for (const viewer of viewers) viewer.write(Buffer.concat([Buffer.from(head), picture, Buffer.from('\r\n')]));
    if (viewers.size === 0) return;
    const now = performance.now();
    for (const tell of sent) tell(now);
    sent = [];
  }, FRAME_MS);
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    viewers.add(response);
    response.on('close', () => viewers.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/camera`,
    show(next) {
      picture = next;
      return new Promise((resolve) => sent.push(resolve));
    },
    close() {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
    },
  };
}
