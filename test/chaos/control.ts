/**
 * Controls: the same plan and the same faults against what people use instead, to show that the harness would see a loss.
 *
 * - `mqttjs`: a program that publishes with mqtt.js and QoS 1 to Mosquitto.
 * - `bridge`: the same program publishes to a Mosquitto beside it, which bridges to the other with its defaults.
 *
 * On the far side a subscriber with a persistent session writes down what arrives. It is never killed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { freePort } from '../support/free-port.ts';
import { createMosquitto, type MosquittoProgram } from '../support/mosquitto.ts';
import { seeded } from '../support/random.ts';
import { isOver, type Started, spawnProgram } from '../support/spawn.ts';
import { CONTROL_TOPIC } from './control-topic.ts';
import { type Line, openLine } from './line.ts';
import { describe, type Fault, type PlanOptions, planOf, type Victim } from './plan.ts';

export const controls = ['mqttjs', 'bridge'] as const;
export type Control = (typeof controls)[number];

export interface ControlResult {
  readonly published: number;
  readonly arrived: number;
  readonly lost: number;
  readonly doubled: number;
  readonly kills: number;
}

/** How long what is still under way may take after the last fault. */
const PEACE_MS = 15_000;
const OFFLINE_MS = 2000;

export async function runControl(
  folder: string,
  control: Control,
  options: Omit<PlanOptions, 'agents' | 'broker'>,
  print: (line: string) => void,
): Promise<ControlResult> {
  const cloudPort = await freePort();
  const cloud = prepare(path.join(folder, 'cloud'), cloudPort, '');
  const line = await openLine(() => cloudPort, seeded(options.seed + 1));
  const edgePort = control === 'bridge' ? await freePort() : undefined;
  const bridge = `connection cloud\naddress 127.0.0.1:${line.port}\ntopic ${CONTROL_TOPIC} out 1\n`;
  const edge = edgePort === undefined ? undefined : prepare(path.join(folder, 'edge'), edgePort, bridge);
  const log = path.join(folder, 'published.log');
  const url = `mqtt://127.0.0.1:${edgePort ?? line.port}`;
  await cloud.start();
  await edge?.start();
  const subscriber = await connectAsync(`mqtt://127.0.0.1:${cloudPort}`, {
    clientId: 'subscriber',
    clean: false,
    reconnectPeriod: 100,
  });
  subscriber.on('error', () => undefined);
  const arrived = new Map<number, number>();
  subscriber.on('message', (_topic, payload) => {
    const n = Number(payload.toString());
    arrived.set(n, (arrived.get(n) ?? 0) + 1);
  });
  await subscriber.subscribeAsync(CONTROL_TOPIC, { qos: 1 });
  const publisher = createPublisher(url, log);
  publisher.start();
  try {
    const cast = { cloud, edge, line, publisher };
    const plan = planOf({ ...options, agents: 1, broker: 'mosquitto' });
    const kills = (await inflictAll(plan, options.minutes, print, cast)) + (await cutPowerOffline(cast, print));
    await sleep(PEACE_MS);
    await publisher.kill();
    const published = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean).length : 0;
    const numbers = Array.from({ length: published }, (_, i) => i + 1);
    return {
      published,
      arrived: arrived.size,
      lost: numbers.filter((n) => !arrived.has(n)).length,
      doubled: [...arrived.values()].filter((times) => times > 1).length,
      kills,
    };
  } finally {
    await publisher.kill();
    await subscriber.endAsync(true);
    await edge?.kill();
    await cloud.kill();
    await line.stop();
  }
}

/** A Mosquitto with its defaults. */
function prepare(folder: string, port: number, more: string): MosquittoProgram {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\n${more}`);
  return createMosquitto(file, port);
}

interface Publisher {
  start(): void;
  kill(): Promise<void>;
}

function createPublisher(url: string, log: string): Publisher {
  let running: Started | undefined;
  return {
    start() {
      running = spawnProgram('test/chaos/control-publisher.js', [url, log]);
    },
    async kill() {
      const started = running;
      running = undefined;
      if (!started) return;
      if (!isOver(started)) started.process.kill('SIGKILL');
      await started.ended;
    },
  };
}

interface Cast {
  readonly cloud: MosquittoProgram;
  readonly edge: MosquittoProgram | undefined;
  readonly line: Line;
  readonly publisher: Publisher;
}

/** The faults that have somebody to hit, one after the other; returns the kills. */
async function inflictAll(
  plan: ReturnType<typeof planOf>,
  minutes: number,
  print: (line: string) => void,
  cast: Cast,
): Promise<number> {
  const began = performance.now();
  let kills = 0;
  for (const { atMs, fault } of plan) {
    const run = actOf(fault, cast);
    if (!run) continue;
    await sleep(Math.max(0, began + atMs - performance.now()));
    print(`${(atMs / 1000).toFixed(1).padStart(7)} s  ${describe(fault)}`);
    await run();
    if (fault.kind === 'kill') kills++;
  }
  await sleep(Math.max(0, began + minutes * 60_000 - performance.now()));
  return kills;
}

/** What chance spares a short run: the power goes while the line is down. */
async function cutPowerOffline({ edge, line, publisher }: Cast, print: (line: string) => void): Promise<number> {
  const victim = edge ?? publisher;
  print('    end    kill runner while the line is down');
  line.inflict('partition');
  await sleep(OFFLINE_MS);
  await victim.kill();
  await victim.start();
  line.heal();
  return 1;
}

function actOf(fault: Fault, { cloud, edge, line, publisher }: Cast): (() => Promise<void>) | undefined {
  if (fault.kind === 'net') {
    return async () => {
      line.inflict(fault.fault);
      await sleep(fault.ms);
      line.heal();
    };
  }
  if (fault.kind !== 'kill') return undefined;
  const victims: Partial<Record<Victim, { kill(): unknown; start(): unknown }>> = {
    runner: edge ?? publisher,
    supervisor: publisher,
    broker: cloud,
  };
  const victim = victims[fault.victim];
  if (!victim) return undefined;
  return async () => {
    await victim.kill();
    await sleep(fault.downMs);
    await victim.start();
  };
}
