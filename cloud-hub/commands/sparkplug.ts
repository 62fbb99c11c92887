/** `vedette-hub sparkplug`: a bridge from the API of a hub to a broker of Sparkplug B. A program of its own: nothing of the hub waits for it. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { BoundedCounts } from '../../shared/kit/bounded-counts.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { createLogger } from '../../shared/kit/log.ts';
import type { Client } from '../client/client.ts';
import { ApiError } from '../client/request.ts';
import { device } from '../contract/device.ts';
import { event } from '../contract/event.ts';
import { EdgeNode, type Present } from '../sparkplug/edge-node.ts';
import { MAX_METRICS, metricsOf } from '../sparkplug/metrics.ts';
import { type CommandContext, UsageError } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

interface Flags extends HubAccess {
  readonly broker: string;
  readonly group: string;
  readonly node: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly brokerCa?: string;
  readonly interval: number;
}

/** A part of a topic: what MQTT gives a meaning is not in it. */
function partOf(text: string): string {
  if (!/^[^/+#\0]{1,64}$/.test(text)) throw new InvalidArgumentError('must have 1 to 64 characters, none of / + #.');
  return text;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.2 && seconds <= 3600)) throw new InvalidArgumentError('must be 0.2 to 3600 seconds.');
  return seconds;
}

function read(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag}: ${file} cannot be read (${messageOf(error)})`);
  }
}

/** Counts events since it was made: what came before is not told as if it came now. */
export function createCounter(client: Client) {
  const counts = new Map<string, BoundedCounts>();
  let last: number | undefined;
  return {
    counts,
    async read(): Promise<void> {
      let newest = last;
      for await (const { id, device: of, stream, rule } of client.pages('/events', event)) {
        const row = Number(id);
        newest = Math.max(newest ?? row, row);
        if (last === undefined || row <= last) break;
        const rules = counts.get(of) ?? new BoundedCounts(MAX_METRICS);
        rules.add(`${stream}/${rule}`);
        counts.set(of, rules);
      }
      last = newest ?? 0;
    },
  };
}

/** What the hub has now, for the node. */
export async function readPresent(client: Client, counter: ReturnType<typeof createCounter>): Promise<Present> {
  await counter.read();
  const present = new Map<string, ReturnType<typeof metricsOf>>();
  for await (const one of client.pages('/devices', device, { online: 'true' })) {
    const counts = counter.counts.get(one.id);
    counts?.makeRoom(() => one.streams.flatMap(({ id, rules }) => rules.map(({ name }) => `${id}/${name}`)));
    present.set(one.id, metricsOf(one, counts));
  }
  return present;
}

export function addSparkplugCommand(program: Command, { clock, untilStopped }: CommandContext): void {
  withHubAccess(
    program
      .command('sparkplug')
      .description('tell a broker of Sparkplug B of the devices of a hub, until it is stopped')
      .requiredOption('--broker <url>', 'the broker, mqtt://HOST:PORT or mqtts://HOST:PORT')
      .requiredOption('--group <id>', 'group id of Sparkplug', partOf)
      .option('--node <id>', 'edge node id: of this hub', partOf, 'vedette')
      .option('--user <name>', 'user name at the broker')
      .option('--password-file <file>', 'file with the password of that user')
      .option('--broker-ca <file>', 'PEM file of the authority to trust at the broker, for mqtts')
      .option('--interval <seconds>', 'how often to ask the hub', secondsOf, 2),
  ).action(async (flags: Flags) => {
    const client = clientOf(flags);
    const { broker: url, user, passwordFile, brokerCa, group, node, interval } = flags;
    const connection = {
      url,
      ...(user === undefined ? {} : { username: user }),
      ...(passwordFile === undefined ? {} : { password: read('--password-file', passwordFile).trim() }),
      ...(brokerCa === undefined ? {} : { tls: { ca: read('--broker-ca', brokerCa) } }),
    };
    const log = createLogger('sparkplug');
    const counter = createCounter(client);
    const edge = new EdgeNode({ connection, group, node, clock, log });
    const stop = untilStopped();
    let told = '';
    const look = async () => {
      const present = await readPresent(client, counter).catch((error: unknown) => {
        // An outage passes; a refusal does not.
        if (!(error instanceof ApiError) || (error.status !== 0 && error.status < 500)) throw error;
        if (told !== error.message)
          log.warn({ reason: error.message }, 'the hub could not be asked; its devices are told as offline');
        told = error.message;
        return new Map<string, never>();
      });
      edge.update(present);
    };
    // A hub that refuses is told before anything is said to the broker.
    await look();
    edge.start();
    try {
      while (!stop.aborted) {
        await clock.sleep(interval * 1000, stop).catch(() => undefined);
        if (!stop.aborted) await look();
      }
    } finally {
      await edge.stop();
    }
  });
}
