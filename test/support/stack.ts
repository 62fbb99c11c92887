/** A whole installation in a temporary folder: real hub process, real agent process, a generated clip, a small real model. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type Started, startProgram } from './program.ts';
import { until } from './until.ts';

const ready = z.object({ type: z.literal('ready'), httpPort: z.number(), mqttPort: z.number() });

export interface HubHandle {
  readonly started: Started;
  readonly httpPort: number;
  readonly mqttPort: number;
  /** GET, POST … as admin; the parsed body. */
  api(path: string, init?: { method: string; body: unknown }): Promise<unknown>;
}

/** Starts a hub and waits until it is ready. Ports 0: given by the system. */
export async function startHub(
  folder: string,
  ports: { httpPort: number; mqttPort: number } = { httpPort: 0, mqttPort: 0 },
  more: readonly string[] = [],
): Promise<HubHandle> {
  const dataDir = path.join(folder, 'hub');
  const args = ['run', '--data-dir', dataDir, '--http-port', `${ports.httpPort}`, '--mqtt-port', `${ports.mqttPort}`];
  const started = startProgram('cloud-hub/main.js', [...args, '--log-level', 'warn', ...more], { ipc: true });
  const message = await new Promise<unknown>((resolve, reject) => {
    started.process.once('message', resolve);
    void started.ended.then(({ stderr }) => reject(new Error(`the hub did not start: ${stderr}`)));
  });
  const { httpPort, mqttPort } = ready.parse(message);
  const api = async (route: string, init?: { method: string; body: unknown }) => {
    const token = readFileSync(path.join(dataDir, 'admin.token'), 'utf8').trim();
    const response = await fetch(`http://127.0.0.1:${httpPort}/api/v1${route}`, {
      method: init?.method ?? 'GET',
      headers: { authorization: `Bearer ${token}`, ...(init ? { 'content-type': 'application/json' } : {}) },
      ...(init ? { body: JSON.stringify(init.body) } : {}),
    });
    return response.json();
  };
  return { started, httpPort, mqttPort, api };
}

/** Makes a device at the hub and writes agent.yaml for it; returns the file. */
export async function configureAgent(
  folder: string,
  hub: Pick<HubHandle, 'api' | 'mqttPort'>,
  config: Record<string, unknown>,
  device = 'box',
): Promise<string> {
  const agentDir = path.join(folder, 'agent');
  mkdirSync(agentDir, { recursive: true });
  const made = await hub.api('/devices', { method: 'POST', body: { id: device } });
  const { token } = z.object({ token: z.string() }).parse(made);
  writeFileSync(path.join(agentDir, 'device.token'), token);
  const file = path.join(agentDir, 'agent.yaml');
  const common = {
    device,
    hub: { url: `mqtt://127.0.0.1:${hub.mqttPort}`, tokenFile: './device.token' },
    log: 'warn',
    api: false,
  };
  writeFileSync(file, JSON.stringify({ ...common, ...config }));
  return file;
}

export function startAgent(configFile: string): Started {
  return startProgram('agent/main.js', ['run', '-c', configFile]);
}

const page = z.object({ items: z.array(z.looseObject({})), next: z.string().optional() });

/** Every item of a list, page by page. */
export async function listAll<T>(hub: HubHandle, route: string, item: z.ZodType<T>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const query = `${route.includes('?') ? '&' : '?'}limit=500${cursor ? `&cursor=${cursor}` : ''}`;
    const got = page.parse(await hub.api(`${route}${query}`));
    all.push(...z.array(item).parse(got.items));
    cursor = got.next;
  } while (cursor);
  return all;
}

const sequences = z.object({
  items: z.array(
    z.object({
      epoch: z.string(),
      upTo: z.number(),
      records: z.number(),
      gaps: z.array(z.object({ from: z.number(), to: z.number(), reason: z.string() })),
    }),
  ),
});

/** The hub's ledger of the device `box`. */
export async function ledgerOf(hub: Pick<HubHandle, 'api'>) {
  return sequences.parse(await hub.api('/devices/box/sequences')).items;
}

/** Waits until the agent's own report says that nothing waits in its outbox and the hub has settled as much. */
export function untilDrained(hub: HubHandle, lastSeq: number, timeoutMs = 30_000) {
  return until(
    async () => {
      const [ledger] = await ledgerOf(hub);
      return ledger && ledger.upTo >= lastSeq ? ledger : undefined;
    },
    `the hub has everything up to ${lastSeq}`,
    timeoutMs,
  );
}

/** Process ids of the children of a process (Linux). */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
