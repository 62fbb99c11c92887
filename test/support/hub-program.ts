/** The hub as a built program that is killed and started again on the same ports and folder; whoever starts it ends it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { isOver, type Started, spawnProgram } from './spawn.ts';

export interface HubProgram {
  /** Starts it and waits until it listens. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Of the embedded broker; known after the first start. */
  mqttPort(): number;
  httpPort(): number;
  /** GET, or POST with a body. */
  api(route: string, body?: unknown): Promise<unknown>;
  put(route: string, body: unknown): Promise<unknown>;
  remove(route: string): Promise<void>;
  pid(): number | undefined;
  /** It was started, and ended by itself. */
  hasEnded(): boolean;
  /** What it complained of since the beginning. */
  complaints(): string;
}

const ready = z.object({ type: z.literal('ready'), httpPort: z.number(), mqttPort: z.number() });

/** @param extra more arguments of `vedette-hub run` @param env more of the environment */
export function createHubProgram(
  dataDir: string,
  extra: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): HubProgram {
  let ports = { httpPort: 0, mqttPort: 0 };
  let running: Started | undefined;
  let complaints = '';
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    const started = running;
    running = undefined;
    if (!started) return;
    if (!isOver(started)) started.process.kill(signal);
    complaints += (await started.ended).stderr;
  };
  const ask = async (method: string, route: string, body: unknown): Promise<unknown> => {
    const token = readFileSync(path.join(dataDir, 'admin.token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const init = body === undefined ? { headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${ports.httpPort}/api/v1${route}`, init);
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  return {
    async start() {
      const args = ['run', '--data-dir', dataDir, '--log-level', 'error', '--http-port', `${ports.httpPort}`];
      const started = spawnProgram('cloud-hub/main.js', [...args, '--mqtt-port', `${ports.mqttPort}`, ...extra], {
        ipc: true,
        env,
      });
      running = started;
      const message = await new Promise<unknown>((resolve) => {
        started.process.once('message', resolve);
        void started.ended.then(({ stderr }) => resolve(new Error(stderr)));
      });
      // Killed while it started: whoever killed it starts it again.
      if (!(message instanceof Error)) ports = ready.parse(message);
      else if (running === started) throw new Error(`the hub did not start: ${message.message}`);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    mqttPort: () => ports.mqttPort,
    httpPort: () => ports.httpPort,
    pid: () => running?.process.pid,
    hasEnded: () => running !== undefined && isOver(running),
    complaints: () => complaints + (running?.stderr() ?? ''),
    api: (route, body) => ask(body === undefined ? 'GET' : 'POST', route, body),
    put: (route, body) => ask('PUT', route, body),
    async remove(route) {
      await ask('DELETE', route, {});
    },
  };
}
