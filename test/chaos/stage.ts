/** Everything that takes part in a chaos run, in a folder of its own: hub, broker, lines, agents, a small disk. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { create } from 'tar';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { type Mosquitto, prepareMosquitto } from '../support/mosquitto.ts';
import { type Postgres, preparePostgres } from '../support/postgres.ts';
import { seeded } from '../support/random.ts';
import { writeWaveModel } from '../support/sensor.ts';
import { mayMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { type AgentProgram, createAgentProgram } from './agent.ts';
import { createHubGroup, type HubGroup } from './hub-group.ts';
import { type Line, openLine } from './line.ts';
import type { PlanOptions } from './plan.ts';

export interface Stage {
  readonly hub: HubProgram;
  readonly hubDir: string;
  readonly mosquitto: Mosquitto | undefined;
  /** Undefined: SQLite. */
  readonly database: (Pick<Postgres, 'crash' | 'start'> & { readonly url: string }) | undefined;
  /** Of hubs that stand by. */
  readonly takeovers: readonly number[];
  killStandby(downMs: number): Promise<boolean>;
  /** One an agent, with an external broker one of the hubs', with PostgreSQL one a hub. */
  readonly lines: readonly Line[];
  readonly agents: readonly AgentProgram[];
  /** Under agent 0; undefined where this user may not mount. */
  readonly disk: SmallDisk | undefined;
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
/** The outbox's quota of 8 MiB, and a little. */
const DISK_BYTES = 12 * MIB;
const secret = z.object({ token: z.string() });

/** Starts hub and broker, and prepares the agents. */
export async function setStage(folder: string, options: PlanOptions): Promise<Stage> {
  const random = seeded(options.seed + 1);
  const hubDir = path.join(folder, 'hub');
  const mosquitto = options.broker === 'mosquitto' ? await prepareMosquitto(path.join(folder, 'mosquitto')) : undefined;
  const lines: Line[] = [];
  const target = () => mosquitto?.port ?? hub.mqttPort();
  for (let n = 0; n < options.agents + (mosquitto ? 1 : 0); n++) lines.push(await openLine(target, random));
  const postgres = options.database === 'postgres' ? await preparePostgres() : undefined;
  await postgres?.start();
  const database = postgres && { ...postgres, url: await postgres.newDatabase() };
  const args = [
    ...(mosquitto ? externalArgs(mosquitto, lines.at(-1)?.port ?? 0) : []),
    ...['--second-opinion', 'bright@1.0.0'],
  ];
  const argumentsOf: string[][] = [];
  for (let n = 0; database && n < (options.hubs ?? 1); n++) {
    const line = await openLine(() => database.port, random);
    lines.push(line);
    const url = new URL(database.url);
    url.port = `${line.port}`;
    argumentsOf.push([...args, '--database-url', url.href]);
  }
  const group: HubGroup | undefined = database ? createHubGroup(hubDir, argumentsOf) : undefined;
  const hub = group ?? createHubProgram(hubDir, args);
  await mosquitto?.start();
  await hub.start();

  const model = await writeWaveModel(folder);
  const street = { clip: await writeClip(folder, { frames: 60, fps: 30 }), model: writeWalkerPackage(folder) };
  await upload(hub, hubDir, street.model);
  const series = writeSeries(folder);
  const disk = mayMount() ? mountSmallDisk(DISK_BYTES) : undefined;
  const tokens: Record<string, string> = {};
  const agents: AgentProgram[] = [];
  for (let n = 0; n < options.agents; n++) {
    const id = `agent-${n}`;
    const own = path.join(folder, id);
    const { token } = secret.parse(await hub.api('/devices', { id }));
    tokens[id] = token;
    const dataDir = n === 0 && disk ? path.join(disk.folder, 'data') : path.join(own, 'data');
    agents.push(
      createAgentProgram({
        id,
        folder: own,
        dataDir,
        token,
        model,
        street,
        series: [series],
        mqttPort: lines[n]?.port ?? 0,
      }),
    );
  }
  mosquitto?.setTokens(tokens);
  return {
    hub,
    hubDir,
    mosquitto,
    database,
    takeovers: group?.takeovers ?? [],
    killStandby: async (downMs) => (await group?.killStandby(downMs)) ?? false,
    lines,
    agents,
    disk,
    async close() {
      await Promise.all(agents.map((agent) => agent.kill()));
      await (group ? group.stop() : hub.kill());
      await mosquitto?.kill();
      await Promise.all(lines.map((line) => line.stop()));
      await database?.remove();
      disk?.unmount();
    },
  };
}

/** The model of the agents gives the second opinions too: what counts here is that each is given once. */
async function upload(hub: HubProgram, hubDir: string, model: string): Promise<void> {
  const file = `${model}.tar.gz`;
  await create({ file, cwd: model, gzip: true, portable: true, noMtime: true }, ['.']);
  const token = readFileSync(path.join(hubDir, 'admin.token'), 'utf8').trim();
  const answer = await fetch(`http://127.0.0.1:${hub.httpPort()}/api/v1/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/gzip' },
    body: readFileSync(file),
  });
  if (answer.status !== 201) throw new Error(`the hub does not take the model: ${await answer.text()}`);
}

function externalArgs({ hub }: Mosquitto, port: number): string[] {
  const url = `mqtt://127.0.0.1:${port}`;
  return ['--mqtt-url', url, '--mqtt-username', hub.username, '--mqtt-password-file', hub.passwordFile];
}

/** A wave with a fault each sixty rows: as many events as a series can make. */
function writeSeries(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'machine.csv');
  const rows = Array.from({ length: 6000 }, (_, i) => {
    const value = Math.sin((2 * Math.PI * i) / 10) + Math.sin(i * 12.9898) * 0.05 + (i % 60 >= 40 ? 5 : 0);
    return `${new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString()},${value.toFixed(5)}`;
  });
  writeFileSync(file, `${['timestamp,value', ...rows].join('\n')}\n`);
  return file;
}

const sequences = z.object({ items: z.array(z.object({ epoch: z.string(), upTo: z.number(), records: z.number() })) });

/** What the hub's ledger says of an agent: the number up to which an epoch is settled. */
export async function settledOf(hub: HubProgram, device: string, epoch: string): Promise<number> {
  const { items } = sequences.parse(await hub.api(`/devices/${device}/sequences`));
  return items.find((item) => item.epoch === epoch)?.upTo ?? 0;
}

export function untilFirstRecords({ hub, agents }: Stage): Promise<true> {
  return until(
    async () => {
      for (const { id } of agents) {
        const { items } = sequences.parse(await hub.api(`/devices/${id}/sequences`));
        if (!items.some((item) => item.records > 0)) return undefined;
      }
      return true;
    },
    'the first records of every agent arrive',
    60_000,
  );
}
