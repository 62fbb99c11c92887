/**
 * Opens streams of cameras in runner processes and closes them in every state: while they connect, read, stall, wait for the
 * next try, and while another runner takes them over. A runner must end with code 0 and print nothing.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSilentServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { Assignment, FromRunner, ToRunner } from '../../agent/runner/messages.ts';
import { generateClip } from '../../fixtures/clip/generate.ts';
import { streamConfig } from '../../shared/contract/config/stream.ts';
import { writeBrightPackage } from './onnx.ts';
import { seeded } from './random.ts';
import { type RtspCamera, spawnRtspCamera } from './rtsp-server.ts';
import { built } from './spawn.ts';

export interface ClosingSoakOptions {
  /** Streams that are opened and closed. */
  readonly closes: number;
  readonly seed: number;
  print(line: string): void;
}

export interface ClosingSoak {
  /** Closed streams by the state that they were in. */
  readonly closes: Readonly<Record<string, number>>;
  readonly runners: number;
  /** Every runner that did not end quietly, with how it ended and what it printed. */
  readonly loud: readonly string[];
  /** Runners that were killed, or killed themselves, because a thread took too long: quiet, and only on a very busy machine. */
  readonly killed: number;
  /** The longest that a runner took from being asked to end until it was gone, in milliseconds. */
  readonly slowestMs: number;
}

const STREAMS = 8;
/** What the supervisor allows a runner before it kills it. */
const GRACE_MS = 6000;
/** From the first of its streams on, which all have begun by then: into the states that the streams come to. */
const MOST_WAIT_MS = 2500;

type Source = 'reading' | 'stalled' | 'mjpeg' | 'silent' | 'refused';
const SOURCES: readonly Source[] = ['reading', 'reading', 'stalled', 'stalled', 'mjpeg', 'silent', 'refused'];

interface Places {
  readonly urls: Readonly<Record<Source, string>>;
  readonly stalling: RtspCamera;
  stop(): Promise<void>;
}

/** @param closes how many at least, in runners of eight streams each */
export async function soakClosing({ closes, seed, print }: ClosingSoakOptions): Promise<ClosingSoak> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-soak-'));
  const modelDir = writeBrightPackage(path.join(folder, 'model'), { size: 64 }, { threshold: 0.7 });
  const places = await openPlaces(folder);
  const random = seeded(seed);
  const total: { closes: Record<string, number>; runners: number; loud: string[]; killed: number; slowestMs: number } =
    {
      closes: {},
      runners: 0,
      loud: [],
      killed: 0,
      slowestMs: 0,
    };
  const sum = () => Object.values(total.closes).reduce((a, b) => a + b, 0);
  const count = (runner: Runner) => {
    for (const state of runner.states()) total.closes[state] = (total.closes[state] ?? 0) + 1;
  };
  const end = async (runner: Runner, how: 'SIGTERM' | 'disconnect') => {
    count(runner);
    const { ms, killed, complaint } = await runner.end(how);
    total.runners++;
    if (killed) total.killed++;
    total.slowestMs = Math.max(total.slowestMs, ms);
    if (complaint !== undefined) total.loud.push(complaint);
  };
  try {
    while (sum() < closes) {
      const assignments = Array.from({ length: STREAMS }, (_, index) => {
        const source = SOURCES[Math.floor(random() * SOURCES.length)] ?? 'reading';
        return assign(`${source}-${index}`, places.urls[source], modelDir, random() < 0.2);
      });
      const runner = startRunner(folder, assignments, false);
      await Promise.all([places.stalling.send('resume'), runner.begun]);
      await sleep(random() * MOST_WAIT_MS);
      if (random() < 0.7) await places.stalling.send('stall');
      if (random() < 0.5) await sleep(random() * MOST_WAIT_MS);
      if (random() < 0.3) {
        // A swap: the new runner looks at the same cameras before the old one ends.
        const next = startRunner(folder, assignments, true);
        await next.begun;
        await sleep(random() * MOST_WAIT_MS);
        next.send({ type: 'live', after: {} });
        await Promise.all([end(runner, 'SIGTERM'), end(next, 'SIGTERM')]);
        continue;
      }
      if (random() < 0.2) {
        // Its streams go, and the process only some time later.
        count(runner);
        runner.send({ type: 'assign', assignments: [], standby: false });
        await sleep(random() * MOST_WAIT_MS);
        runner.forget();
      }
      await end(runner, random() < 0.7 ? 'SIGTERM' : 'disconnect');
      if (total.runners % 25 === 0)
        print(`${sum()} streams closed, ${total.runners} runners, ${total.loud.length} loud`);
    }
  } finally {
    await places.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return total;
}

async function openPlaces(folder: string): Promise<Places> {
  const clip = path.join(folder, 'clip.mp4');
  await generateClip(clip, { frames: 60, width: 320, height: 240, fps: 10 });
  const [reading, stalling] = await Promise.all([spawnRtspCamera(clip, 10), spawnRtspCamera(clip, 10)]);
  const silent = createSilentServer((socket) => socket.on('error', () => undefined));
  const mjpeg = await mjpegServer();
  await Promise.all([silent, mjpeg].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  const port = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  return {
    urls: {
      reading: `rtsp://127.0.0.1:${reading.port}/live`,
      stalled: `rtsp://127.0.0.1:${stalling.port}/live`,
      mjpeg: `http://127.0.0.1:${port(mjpeg)}/live`,
      silent: `rtsp://127.0.0.1:${port(silent)}/live`,
      refused: 'rtsp://127.0.0.1:1/live',
    },
    stalling,
    async stop() {
      mjpeg.closeAllConnections();
      mjpeg.close();
      silent.close();
      await Promise.all([reading.stop(), stalling.stop()]);
    },
  };
}

async function mjpegServer(): Promise<Server> {
  const picture = await sharp({ create: { width: 160, height: 120, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
  return createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    const timer = setInterval(() => {
      response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
      response.write(picture);
      response.write('\r\n');
    }, 100);
    response.on('close', () => clearInterval(timer));
  });
}

function assign(stream: string, url: string, modelDir: string, once: boolean): Assignment {
  return {
    stream,
    config: streamConfig.parse({ source: { url }, model: 'm', summaryS: 1 }),
    modelDir,
    variant: 'auto',
    batch: 1,
    runtime: { threads: 1, provider: 'cpu' },
    once,
  };
}

interface Runner {
  /** Its first stream has begun. */
  readonly begun: Promise<unknown>;
  send(message: ToRunner): void;
  /** What each of its streams is doing. */
  states(): string[];
  /** Its streams are gone. */
  forget(): void;
  /** @returns how long it took, and what was wrong with its end */
  end(how: 'SIGTERM' | 'disconnect'): Promise<{ ms: number; killed: boolean; complaint: string | undefined }>;
}

function startRunner(cwd: string, assignments: readonly Assignment[], standby: boolean): Runner {
  const child: ChildProcess = fork(built('agent/runner/child.js'), [], {
    cwd,
    env: { UV_THREADPOOL_SIZE: String(8 + assignments.length) },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const states = new Map(assignments.map(({ stream }) => [stream, 'starting']));
  child.on('message', (message: FromRunner) => {
    if (message.type === 'status') states.set(message.stream, message.status.state);
  });
  // `close` does not come after `disconnect`.
  const read = [child.stdout, child.stderr].map((output) => output && once(output, 'close'));
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const begun = once(child, 'message');
  const send = (message: ToRunner) => void child.send(message);
  send({ type: 'assign', assignments, standby });
  return {
    begun,
    send,
    states: () => [...states].map(([stream, state]) => `${stream.replace(/-\d+$/, '')}, ${standby ? 'swap' : state}`),
    forget: () => states.clear(),
    async end(how) {
      const began = performance.now();
      if (how === 'SIGTERM') child.kill('SIGTERM');
      else child.disconnect();
      const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      const [code, signal] = await gone;
      await Promise.all(read);
      clearTimeout(kill);
      const killed = signal === 'SIGKILL';
      const quiet = printed === '' && (code === 0 || killed);
      const complaint = quiet ? undefined : `${signal ?? `code ${code}`} after ${how}: ${printed.slice(0, 2000)}`;
      return { ms: performance.now() - began, killed, complaint };
    },
  };
}
