/**
 * Tells Home Assistant of devices, streams and rules, by MQTT discovery: a connection of its own to the broker of Home Assistant.
 *
 * 1. The broker keeps (retained) exactly: the discovery message, state and counts of each device that there is, its last
 *    picture, and that the hub lives. What it keeps of ours beyond that, also of a run before, is cleared as soon as it is seen.
 * 2. What is sent is bounded: one message at a time, each confirmed; of a rule one message a second; a device's state when
 *    it has changed.
 * 3. Nothing waits for it: records are stored and alerts are sent whatever this broker does.
 *
 * Crash behaviour: the broker tells that the hub is gone (last will). The next start sends everything again. Counts begin at 0.
 */
import { randomBytes } from 'node:crypto';
import { inBackground } from '../../shared/kit/background.ts';
import { BoundedCounts } from '../../shared/kit/bounded-counts.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { createLink, type Link, type LinkOptions } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Device } from '../contract/device.ts';
import type { HubStore } from '../store/store.ts';
import { type About, countKey, discoveryOf, MAX_ENTITIES, stateOf } from './discovery.ts';
import { type Kept, Pending } from './pending.ts';
import { type Platforms, platformsOf, withRemoved } from './removed.ts';
import { topicsOf } from './topics.ts';

/** How often devices that came or went are looked for, and what has changed is sent. */
const LOOK_MS = 1000;
/** After the connection: what the broker keeps of a run before comes first. */
const SETTLE_MS = 500;
/** A rule is told to have fired at most so often. */
const FIRED_AGAIN_MS = 1000;
/** Messages that are made ahead of sending. */
const MOST_WAITING = 600;

export interface HomeAssistantOptions {
  readonly connection: Pick<LinkOptions, 'url' | 'username' | 'password' | 'tls' | 'retryMs'>;
  /** Where Home Assistant looks for discovery messages. */
  readonly prefix: string;
  readonly about: About;
  readonly store: Pick<HubStore, 'devices' | 'snapshots'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A record that was stored, as far as it matters here. */
export interface Fired {
  readonly id: number;
  readonly record: { readonly kind: string; readonly stream?: string | undefined; readonly rule?: string | undefined };
  readonly picture?: unknown;
  readonly backfill: boolean;
}

export class HomeAssistant {
  readonly #options: HomeAssistantOptions;
  readonly #topics: ReturnType<typeof topicsOf>;
  readonly #link: Link;
  readonly #kept = new Pending();
  /** Devices whose messages have to be looked at again. */
  readonly #changed = new Set<string>();
  /** Entities that Home Assistant has been told, by device. */
  readonly #told = new Map<string, Platforms>();
  readonly #known = new Set<string>();
  readonly #counts = new Map<string, BoundedCounts>();
  /** Rules that fired and were not told yet, and when each was told last. */
  readonly #fired = new Set<string>();
  readonly #firedAt = new Map<string, number>();
  /** The event of a device whose picture is the last. */
  readonly #pictures = new Map<string, number>();
  #isSettled = false;
  #isSending = false;
  #cancel: Cancel = () => undefined;

  constructor(options: HomeAssistantOptions) {
    const { prefix, about, connection, clock, log } = options;
    this.#options = options;
    this.#topics = topicsOf(prefix, about.name);
    const clientId = `vedette-home-${randomBytes(6).toString('hex')}`;
    this.#link = createLink({ ...connection, clientId, will: this.#farewell(), keepaliveS: 15, clock, log });
    this.#link.onMessage((topic, payload, retained) => {
      if (payload.length === 0) return;
      inBackground(log, 'what a broker keeps was not looked up', () => this.#seen(topic, payload, retained), { topic });
    });
    this.#link.onUp(() => {
      this.#kept.forget();
      this.#kept.set(this.#topics.hub, 'online');
      for (const device of this.#known) this.#changed.add(device);
      clock.after(SETTLE_MS, () => {
        this.#isSettled = this.#link.up;
        this.#sendSoon();
      });
    });
    this.#link.onDown(() => {
      this.#isSettled = false;
    });
    for (const filter of this.#topics.kept) this.#link.subscribe(filter, 1);
  }

  start(): void {
    this.#link.start();
    this.#cancel = this.#options.clock.every(LOOK_MS, () => this.#sendSoon());
  }

  /** A device was heard, or what it sent was stored. */
  heard(device: string, stored: readonly Fired[], isAboutItself: boolean): void {
    if (isAboutItself) this.#changed.add(device);
    for (const { id, record, picture, backfill } of stored) {
      const { kind, stream, rule } = record;
      if (kind !== 'event' || stream === undefined || rule === undefined) continue;
      const counts = this.#counts.get(device) ?? new BoundedCounts(MAX_ENTITIES);
      this.#counts.set(device, counts);
      this.#changed.add(device);
      // Who invents rules is not told of them all; there are no entities for them either.
      if (!counts.add(countKey(stream, rule))) continue;
      // What happened while the device was cut off is counted; it does not happen now.
      if (backfill) continue;
      this.#fired.add(this.#topics.fired(device, stream, rule));
      if (picture !== undefined) this.#pictures.set(device, id);
    }
    // Who waits for a light does not wait for the next look.
    if (this.#fired.size > 0) this.#sendSoon();
  }

  /** Something of a device was erased on request: its last picture may be of that, so the broker shall not keep it. */
  erased(device: string): void {
    if (!this.#known.has(device)) return;
    const topic = this.#topics.picture(device);
    this.#kept.remove(topic);
    this.#kept.allow(topic);
  }

  /** Says that the hub is gone; the rest stays for Home Assistant to show as not available. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#link.stop(this.#farewell());
  }

  #farewell() {
    return { topic: this.#topics.hub, payload: 'offline', qos: 1, retain: true } as const;
  }

  /**
   * The broker keeps this of a run before.
   * @param retained false: it is sent now, by ourselves, or by a hub of our name that has not ended yet; the broker may keep it then too
   */
  async #seen(topic: string, payload: Buffer, retained: boolean): Promise<void> {
    const owner = this.#topics.ownerOf(topic);
    if (!retained) {
      if (owner !== undefined && !(await this.#isThere(owner))) this.#kept.seen(topic);
      return;
    }
    const device = this.#topics.deviceOf(topic);
    if (device !== undefined && !this.#told.has(device)) this.#told.set(device, platformsOf(payload));
    if (owner !== undefined && (await this.#isThere(owner))) {
      this.#known.add(owner);
      this.#changed.add(owner);
    } else if (topic !== this.#topics.hub) this.#kept.seen(topic);
  }

  async #isThere(device: string): Promise<boolean> {
    return (await this.#options.store.devices.tokenHash(device)) !== undefined;
  }

  /** Makes messages of what the store says now, some at a time; false: there are no more to make. */
  async #look(): Promise<boolean> {
    const { store } = this.#options;
    const there = new Set((await store.devices.roster()).map(({ id }) => id));
    for (const id of there) if (!this.#known.has(id)) this.#changed.add(id);
    for (const id of this.#known) if (!there.has(id)) this.#forget(id);
    for (const id of this.#changed) {
      if (this.#kept.size >= MOST_WAITING) return true;
      // What is heard while it is read counts again.
      this.#changed.delete(id);
      const device = await store.devices.get(id);
      if (device) this.#tell(device);
      else if (this.#known.has(id)) this.#forget(id);
    }
    return this.#kept.size > 0;
  }

  #tell(device: Device): void {
    const { id } = device;
    this.#known.add(id);
    const { topics, about } = { topics: this.#topics, about: this.#options.about };
    this.#kept.set(topics.discovery(id), JSON.stringify(discoveryOf(device, topics, about)));
    this.#kept.set(topics.state(id), JSON.stringify(stateOf(device, about)));
    const counts = this.#counts.get(id);
    counts?.makeRoom(() => device.streams.flatMap((one) => one.rules.map(({ name }) => countKey(one.id, name))));
    this.#kept.set(topics.counts(id), JSON.stringify(counts?.all() ?? {}));
    this.#kept.allow(topics.picture(id));
  }

  #forget(device: string): void {
    const { discovery, state, counts, picture } = this.#topics;
    // First the device itself: Home Assistant removes it, and does not look at its states any more.
    for (const topicOf of [discovery, state, counts, picture]) this.#kept.remove(topicOf(device));
    for (const map of [this.#known, this.#counts, this.#pictures, this.#changed]) map.delete(device);
  }

  #sendSoon(): void {
    inBackground(this.#options.log, 'Home Assistant could not be told', () => this.#send());
  }

  /** Sends what is to be sent, one message after another; what fails is sent after the next connect. */
  async #send(): Promise<void> {
    if (this.#isSending || !this.#isSettled) return;
    this.#isSending = true;
    try {
      await this.#sendFired();
      while (await this.#look()) {
        for (let next = this.#kept.next(); next !== undefined; next = this.#kept.next()) {
          await this.#sendKept(next);
          await this.#sendFired();
        }
      }
      for (const [device, event] of this.#pictures) {
        this.#pictures.delete(device);
        await this.#sendPicture(device, event);
      }
    } catch (error) {
      this.#options.log.debug({ reason: messageOf(error) }, 'Home Assistant could not be told');
    } finally {
      this.#isSending = false;
    }
  }

  async #sendKept(next: Kept): Promise<void> {
    const { topic, payload } = next;
    const device = this.#topics.deviceOf(topic);
    if (device !== undefined) {
      const platforms = platformsOf(payload);
      const gone = withRemoved(payload, this.#told.get(device) ?? new Map(), platforms);
      if (gone !== undefined) await this.#link.publish({ topic, payload: gone, qos: 1, retain: true });
      if (payload === '') this.#told.delete(device);
      else this.#told.set(device, platforms);
    }
    await this.#link.publish({ topic, payload, qos: 1, retain: true });
    this.#kept.sent(next);
  }

  async #sendFired(): Promise<void> {
    const now = this.#options.clock.mono();
    for (const topic of this.#fired) {
      if (now - (this.#firedAt.get(topic) ?? Number.NEGATIVE_INFINITY) < FIRED_AGAIN_MS) continue;
      this.#fired.delete(topic);
      this.#firedAt.set(topic, now);
      await this.#link.publish({ topic, payload: 'ON', qos: 1, retain: false });
    }
    for (const [topic, at] of this.#firedAt) {
      if (now - at < FIRED_AGAIN_MS) break;
      this.#firedAt.delete(topic);
    }
  }

  /** The broker alone keeps it: pictures of a fleet would fill the memory. */
  async #sendPicture(device: string, event: number): Promise<void> {
    const found = await this.#options.store.snapshots.get(event);
    if (!found || !this.#known.has(device)) return;
    const payload = Buffer.from(found.picture);
    await this.#link.publish({ topic: this.#topics.picture(device), payload, qos: 1, retain: true });
  }
}
