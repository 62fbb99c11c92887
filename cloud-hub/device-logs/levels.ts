/**
 * How much devices shall say, and until when: `device-logs/levels.json`. A device that connects is told what is left of its order, since
 * it forgets it when it starts again.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { DownChannel } from '../../shared/contract/channels.ts';
import { encode } from '../../shared/contract/codec.ts';
import type { LogCommand } from '../../shared/contract/messages/log.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { isMissing } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { type DeviceLogLevels, deviceLogLevels, type NewLogLevels } from '../contract/device-log.ts';
import { time } from '../contract/time.ts';

const order = deviceLogLevels.extend({ until: time });
const file = z.record(z.string(), order);
type Orders = Map<string, z.infer<typeof order>>;

export interface LevelOptions {
  readonly folder: string;
  readonly send: (device: string, channel: DownChannel, payload: Buffer) => void;
  readonly clock: Pick<Clock, 'wall'>;
  readonly log: Logger;
}

export class DeviceLogOrders {
  readonly #options: LevelOptions;
  readonly #file: string;
  readonly #orders: Orders;

  constructor(options: LevelOptions) {
    this.#options = options;
    this.#file = path.join(options.folder, 'levels.json');
    this.#orders = this.#read();
  }

  get(device: string): DeviceLogLevels {
    const found = this.#orders.get(device);
    return found && this.#leftOf(found) > 0 ? found : { levels: {} };
  }

  /** @throws the file system's error; then nothing is changed */
  set(device: string, { levels, seconds }: NewLogLevels): DeviceLogLevels {
    const order = { levels, until: new Date(this.#options.clock.wall() + seconds * 1000).toISOString() };
    this.#write(new Map([...this.#orders, [device, order]]));
    this.#send(device, { kind: 'log', levels: { ...levels }, seconds });
    return order;
  }

  /** @throws the file system's error; then nothing is changed */
  clear(device: string): void {
    if (!this.#orders.has(device)) return;
    this.#write(new Map([...this.#orders].filter(([id]) => id !== device)));
    this.#send(device, { kind: 'log', levels: {}, seconds: 0 });
  }

  /** A device listens (again). */
  subscribed(device: string): void {
    const found = this.#orders.get(device);
    const seconds = found ? this.#leftOf(found) : 0;
    if (found && seconds > 0) this.#send(device, { kind: 'log', levels: { ...found.levels }, seconds });
  }

  #leftOf({ until }: { readonly until: string }): number {
    return (Date.parse(until) - this.#options.clock.wall()) / 1000;
  }

  #send(device: string, command: LogCommand): void {
    this.#options.send(device, 'command', encode(command));
  }

  #read(): Orders {
    try {
      return new Map(Object.entries(file.parse(JSON.parse(readFileSync(this.#file, 'utf8')))));
    } catch (error) {
      if (!isMissing(error))
        this.#options.log.warn({ err: error, file: this.#file }, 'which levels of logs were ordered cannot be read');
      return new Map();
    }
  }

  /** What has ended is forgotten with the next change. */
  #write(orders: Orders): void {
    const open = new Map([...orders].filter(([, order]) => this.#leftOf(order) > 0));
    writeDurably(this.#file, JSON.stringify(Object.fromEntries(open)), 0o600);
    this.#orders.clear();
    for (const [device, order] of open) this.#orders.set(device, order);
  }
}
