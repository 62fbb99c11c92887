/**
 * `bench alerts`: from the publication of an event to the webhook, with many devices connected and a hundred rules; what the rules
 * cost by themselves; and all devices gone at once, which is one notification. The hub is the built program, the receiver is a
 * real HTTP server in this process, which also sends the events: one clock measures both ends.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { encode } from '../../shared/contract/codec.ts';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { costOfRules } from './alert-engine.ts';
import { framesToWebhook } from './alert-frames.ts';
import { manyRules } from './alert-rules.ts';
import { type Bench, quantile } from './bench.ts';
import { addAll } from './fleet.ts';
import { cpuSeconds } from './process-stat.ts';
import { benchRecord } from './records.ts';
import { createSimulatedDevice, type SimulatedDevice } from './simulated-device.ts';

const SENDERS = 50;
const EVENTS = 400;
/** Mean time between two events. */
const GAP_MS = 100;
const LIMIT_S = 240;
const COST_S = 60;
const COST_DEVICES = 10_000;
const RULES = 100;
const TARGET_MS = 500;
const TARGET_PART = 0.1;
/** The rule of the storm: it waits so long, and gathers as long as rules do by default. */
const GONE = { condition: { kind: 'offline' }, channels: ['hook'], forS: 5, severity: 'critical' };

const told = z.object({
  data: z.looseObject({
    rule: z.string(),
    firing: z.number(),
    devices: z.number(),
    alerts: z.looseObject({ text: z.string() }).array(),
  }),
});
type Told = z.infer<typeof told>['data'];
const state = z.object({ connected: z.number(), acknowledged: z.number() });

export const alerts: Bench = {
  summary: 'event→webhook with many devices; what 100 rules cost; all devices gone at once',
  options: { connected: { description: 'devices that are connected', default: 5000 } },
  async run(print, option) {
    const part = await costOfRules(RULES, COST_DEVICES, COST_S);
    print(
      `${RULES} rules over ${COST_DEVICES} devices that report once per minute: ${(part * 100).toFixed(1)} % of a core ` +
        `(target ${TARGET_PART * 100} %, ratio ${(part / TARGET_PART).toFixed(2)})`,
    );
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    const hub = createHubProgram(path.join(folder, 'hub'), ['--alert-networks', '127.0.0.1']);
    const receiver = await receive();
    const children: ChildProcess[] = [];
    try {
      await hub.start();
      await hub.put('/alert-channels/hook', { kind: 'webhook', url: receiver.url, secret: 'of the benchmark' });
      const connect = async (prefix: string, count: number) => {
        children.push(await connectAll(hub, path.join(folder, `${prefix}.json`), prefix, count));
        print(`${count} devices of ${prefix} are connected`);
      };
      const devices = Math.round(option('connected'));
      await connect('first', devices);
      const senders = await openSenders(hub);
      await latency(print, hub, receiver, senders, 1);
      const waits = await framesToWebhook(print, hub, folder, (onTold) => {
        receiver.onTold = (_, at) => onTold(at);
      });
      print(`frame→webhook, a real agent and camera, ${describe(waits)}`);
      for (const [name, rule] of Object.entries(manyRules(RULES - 1))) await hub.put(`/alert-rules/${name}`, rule);
      await latency(print, hub, receiver, senders, RULES);
      for (const name of Object.keys(manyRules(RULES - 1))) await hub.remove(`/alert-rules/${name}`);
      await connect('second', devices);
      await storm(print, hub, receiver, children, 2 * devices);
      for (const sender of senders) sender.end();
    } finally {
      for (const child of children) child.kill('SIGKILL');
      await hub.kill();
      receiver.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Receiver {
  readonly url: string;
  onTold: (said: Told, at: number) => void;
  close(): void;
}

async function receive(): Promise<Receiver> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      receiver.onTold(told.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))).data, performance.now());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    onTold: () => undefined,
    close: () => void server.close(),
  };
  return receiver;
}

/** Devices in a process of their own, when all of them are connected. */
async function connectAll(hub: HubProgram, file: string, prefix: string, count: number): Promise<ChildProcess> {
  writeFileSync(file, JSON.stringify(await addAll(hub, count, prefix)));
  const child = fork(new URL('./alert-devices.js', import.meta.url), [file, String(hub.mqttPort())]);
  let connected = 0;
  child.on('message', (message) => ({ connected } = state.parse(message)));
  await within(`${count} connections`, () => connected === count);
  return child;
}

async function openSenders(hub: HubProgram): Promise<SimulatedDevice[]> {
  const tokens = Object.entries(await addAll(hub, SENDERS, 'sender'));
  const senders = tokens.map(([id, token]) => {
    const ignore = () => undefined;
    const device = createSimulatedDevice({
      id,
      token,
      port: hub.mqttPort(),
      onAck: ignore,
      onUp: ignore,
      onDown: ignore,
    });
    device.connect();
    return device;
  });
  await within('the senders', () => senders.every(({ up }) => up));
  return senders;
}

/** Events one after another, at random times; each is of a label of its own, by which its notification is known. */
async function latency(
  print: (line: string) => void,
  hub: HubProgram,
  receiver: Receiver,
  senders: readonly SimulatedDevice[],
  rules: number,
): Promise<void> {
  const sentAt = new Map<string, number>();
  const waits: number[] = [];
  receiver.onTold = (said, at) => {
    for (const { text } of said.alerts) {
      const label = text.split(' ')[0] ?? '';
      const sent = sentAt.get(label);
      if (sent === undefined || !sentAt.delete(label)) continue;
      waits.push(at - sent);
    }
  };
  const rule = { condition: { kind: 'event', rule: `r${rules}` }, channels: ['hook'], everyS: 0 };
  await hub.put('/alert-rules/each', rule);
  const before = cpuSeconds(hub.pid());
  const start = performance.now();
  for (let n = 1; n <= EVENTS; n++) {
    await sleep(-Math.log(1 - Math.random()) * GAP_MS);
    const label = `e${rules}-${n}`;
    // A stream of its own: what comes again on one is counted with the alert that it has.
    const record = { ...benchRecord(n), seq: n, stream: label, label, rule: `r${rules}`, wall: Date.now() };
    const payload = encode({ epoch: `e${rules}-${n}`, from: n, to: n, base: n, records: [record] });
    sentAt.set(label, performance.now());
    senders[n % senders.length]?.publish(payload);
  }
  const busy = (cpuSeconds(hub.pid()) - before) / ((performance.now() - start) / 1000);
  await within(`all ${EVENTS} events (${waits.length} came)`, () => waits.length === EVENTS);
  const cost = `hub ${(busy * 100).toFixed(0)} % of a core`;
  print(`event→webhook, ${rules} rule${rules === 1 ? '' : 's'}, ${describe(waits)}; ${cost}`);
  await hub.remove('/alert-rules/each');
}

function describe(waits: readonly number[]): string {
  const [p50, p99, most] = [quantile(waits, 0.5), quantile(waits, 0.99), Math.max(...waits)].map((ms) => ms.toFixed(0));
  const ratio = (quantile(waits, 0.99) / TARGET_MS).toFixed(2);
  return `${waits.length} events: p50 ${p50} ms, p99 ${p99} ms, most ${most} ms (target ${TARGET_MS} ms, ratio ${ratio})`;
}

/** All connections end in the same moment. */
async function storm(
  print: (line: string) => void,
  hub: HubProgram,
  receiver: Receiver,
  children: readonly ChildProcess[],
  devices: number,
): Promise<void> {
  const got: Told[] = [];
  await hub.put('/alert-rules/gone', GONE);
  receiver.onTold = (said) => void got.push(said);
  const start = performance.now();
  for (const child of children) child.kill('SIGKILL');
  await within('word of the storm', () => got.length > 0);
  const seconds = (performance.now() - start) / 1000;
  // What did not fit would come after the least time between two.
  await sleep(90_000);
  const [first] = got;
  print(
    `${devices} devices gone at once: ${got.length} notification${got.length === 1 ? '' : 's'} (target 1), the first after ` +
      `${seconds.toFixed(1)} s (${GONE.forS} s offline, 10 s to gather), it tells of ${first?.devices} devices`,
  );
}

async function within(what: string, ready: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_S * 1000;
  while (!ready()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${LIMIT_S} s`);
    await sleep(50);
  }
}
