/**
 * An edge node of Sparkplug B at a broker: the hub is the node, its devices are the devices of the node.
 *
 * 1. NBIRTH comes first after each connect and has `seq` 0; every message after it has the next number, modulo 256.
 * 2. `bdSeq` is another for each connection, and the last will (NDEATH) of a connection has that of its birth.
 * 3. A device is told of (DDATA) only after its birth, by aliases that the birth has given; other metrics mean another birth. A device that is
 *    offline or gone has a death (DDEATH).
 * 4. Messages go one after the other; what fails is told anew by the births after the next connect.
 */
import { randomBytes } from 'node:crypto';
import { inBackground } from '../../shared/kit/background.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { createLink, type Link, type LinkOptions } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { changesOf } from './metrics.ts';
import { asksRebirth, encodePayload, type Metric, REBIRTH, type SentMetric } from './payload.ts';

/** What there is: metrics of each device that is online, by its id. */
export type Present = ReadonlyMap<string, readonly Metric[]>;

export interface EdgeNodeOptions {
  readonly connection: Pick<LinkOptions, 'url' | 'username' | 'password' | 'tls' | 'retryMs'>;
  readonly group: string;
  readonly node: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const AGAIN_MS = 1000;

export class EdgeNode {
  readonly #options: EdgeNodeOptions;
  #link: Link | undefined;
  #cancel: Cancel = () => undefined;
  #bdSeq: number;
  #seq = 0;
  #isBorn = false;
  #present: Present = new Map();
  /** What was told last of each device that has been born. */
  readonly #told = new Map<string, readonly Metric[]>();
  /** Of the metrics that a device was born with, by their names. */
  readonly #aliases = new Map<string, ReadonlyMap<string, number>>();
  #lastAlias = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(options: EdgeNodeOptions) {
    this.#options = options;
    // Not the number of a run before, whose death may come late.
    this.#bdSeq = Math.floor(options.clock.wall() / 1000) % 256;
  }

  start(): void {
    const { connection, clock, log } = this.#options;
    const clientId = `vedette-sparkplug-${randomBytes(6).toString('hex')}`;
    const link = createLink({ ...connection, clientId, will: this.#death(), keepaliveS: 15, clock, log });
    this.#link = link;
    link.subscribe(this.#topic('NCMD'), 1);
    link.onMessage((topic, payload) => {
      if (topic === this.#topic('NCMD') && asksRebirth(payload)) this.#then(() => this.#birth());
    });
    link.onUp(() => this.#then(() => this.#birth()));
    link.onDown(() => {
      // The will of a connection cannot be changed, and each has another number.
      this.#isBorn = false;
      this.#bdSeq = (this.#bdSeq + 1) % 256;
      inBackground(log, 'the connection of the edge node was not ended', () => link.stop());
      this.#cancel = clock.after(AGAIN_MS, () => this.start());
    });
    link.start();
  }

  /** Tells what has changed; before the first birth it is only kept. */
  update(present: Present): void {
    this.#present = present;
    this.#then(() => this.#tell());
  }

  /** The broker sends no will for whoever leaves in order, so the death is told. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#work;
    await this.#link?.stop(this.#death());
  }

  #topic(kind: string, device?: string): string {
    const { group, node } = this.#options;
    return ['spBv1.0', group, kind, node, ...(device === undefined ? [] : [device])].join('/');
  }

  #death() {
    const payload = encodePayload(this.#options.clock.wall(), [this.#number()]);
    return { topic: this.#topic('NDEATH'), payload, qos: 1, retain: false } as const;
  }

  #number(): SentMetric {
    return { name: 'bdSeq', kind: 'Int64', value: this.#bdSeq };
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#options.log.debug({ reason: messageOf(error) }, 'the broker of Sparkplug could not be told');
    });
  }

  async #birth(): Promise<void> {
    this.#seq = 0;
    this.#told.clear();
    this.#isBorn = true;
    await this.#send('NBIRTH', [this.#number(), { name: REBIRTH, kind: 'Boolean', value: false }]);
    await this.#tell();
  }

  async #tell(): Promise<void> {
    if (!this.#isBorn) return;
    for (const device of [...this.#told.keys()].filter((id) => !this.#present.has(id))) {
      this.#told.delete(device);
      this.#aliases.delete(device);
      await this.#send('DDEATH', [], device);
    }
    for (const [device, metrics] of this.#present) {
      const before = this.#told.get(device);
      const changes = before && changesOf(before, metrics);
      this.#told.set(device, metrics);
      if (!changes) this.#nameAnew(device, metrics);
      const aliases = this.#aliases.get(device);
      const aliasOf = (metric: string) => aliases?.get(metric) ?? 0;
      if (!changes)
        await this.#send(
          'DBIRTH',
          metrics.map((one) => ({ ...one, alias: aliasOf(one.name) })),
          device,
        );
      else if (changes.length > 0)
        await this.#send(
          'DDATA',
          changes.map(({ name, ...one }) => ({ ...one, alias: aliasOf(name) })),
          device,
        );
    }
  }

  /** One number for each metric of a birth, which it keeps at the next one: no two of a node have the same. What is gone is forgotten. */
  #nameAnew(device: string, metrics: readonly Metric[]): void {
    const before = this.#aliases.get(device);
    const now = metrics.map(({ name }) => [name, before?.get(name) ?? ++this.#lastAlias] as const);
    this.#aliases.set(device, new Map(now));
  }

  async #send(kind: string, metrics: readonly SentMetric[], device?: string): Promise<void> {
    const payload = encodePayload(this.#options.clock.wall(), metrics, this.#seq);
    this.#seq = (this.#seq + 1) % 256;
    await this.#link?.publish({ topic: this.#topic(kind, device), payload, qos: 0, retain: false });
  }
}
