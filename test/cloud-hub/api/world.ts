/** A hub with one of everything that its routes speak of. */

import { until } from '../../support/until.ts';
import { type Archive, archiveOf, Owner, upload } from '../registry/package.ts';
import { eventRecord, jpeg, readingRecord, snapshotOf, type TestDevice, type TestHub, testDevice } from '../support.ts';

export class World {
  readonly hub: TestHub;
  readonly cam: TestDevice;
  readonly archive: Archive;
  readonly owner: Owner;
  readonly revision: string;
  #count = 0;
  /** Records of `cam`. */
  #sent = 1;

  private constructor(hub: TestHub, cam: TestDevice, archive: Archive, owner: Owner, revision: string) {
    this.hub = hub;
    this.cam = cam;
    this.archive = archive;
    this.owner = owner;
    this.revision = revision;
  }

  /** @param now milliseconds since 1970 of the hub's clock */
  static async of(hub: TestHub, now: number): Promise<World> {
    const cam = await testDevice(hub, 'cam');
    const event = eventRecord(1, { snapshot: snapshotOf(jpeg) });
    await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [event] });
    await cam.nextAck();
    const archive = await archiveOf();
    await upload(hub, archive.bytes);
    const owner = await Owner.of(hub, now);
    await owner.sign([archive]);
    const made = await hub.post('/stream-sets', { name: 'site', streams: {} });
    const { revision } = (await made.json()) as { revision: string };
    const world = new World(hub, cam, archive, owner, revision);
    await world.made('/rollouts', world.rollout({ id: 'r1', selector: { devices: ['cam'] } }));
    await cam.next('desired');
    await world.put('/models/bright/aliases/stable', { version: '1.0.0' });
    return world;
  }

  /** A name that nothing has. */
  fresh(prefix: string): string {
    return `${prefix}-${++this.#count}`;
  }

  /** A rollout that nothing else is in the way of; nobody is asked unless `more` selects somebody. */
  rollout(more: Record<string, unknown> = {}) {
    const target = { kind: 'model', model: this.fresh('slot'), package: 'bright@1.0.0' };
    return { target, selector: { devices: ['nobody'] }, ...more };
  }

  async made<T>(path: string, body: unknown): Promise<T> {
    const response = await this.hub.post(path, body);
    if (response.status !== 201) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async put(path: string, body: unknown): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.hub.api(path, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
  }

  /** An anomaly of which nobody has said anything, by its id. */
  async anomaly(): Promise<string> {
    const seq = ++this.#sent;
    const record = eventRecord(seq, { ruleKind: 'anomaly', rule: 'odd', label: 'anomaly' });
    await this.cam.publish('records', { epoch: 'e1', from: seq, to: seq, records: [record] });
    await this.cam.nextAck();
    const { items } = await this.hub.json<{ items: { id: string }[] }>('/events?limit=1');
    return items[0]?.id ?? '';
  }

  /** An alert of `cam` that fires, of a rule of its own, by its id. */
  async alert(): Promise<string> {
    const rule = this.fresh('alert');
    // Of a value that nothing else has: what a rule looks at writes, in its own time.
    await this.put(`/alert-rules/${rule}`, { condition: { kind: 'reading', channel: rule, above: 0 } });
    const seq = ++this.#sent;
    const records = [readingRecord(seq, { values: { [rule]: 1 } })];
    await this.cam.publish('records', { epoch: 'e1', from: seq, to: seq, records });
    await this.cam.nextAck();
    const fired = async () => {
      const { items } = await this.hub.json<{ items: { id: string }[] }>(`/alerts?rule=${rule}`);
      return items[0]?.id;
    };
    return until(fired, 'the alert');
  }

  /** A rollout under way, by its id. */
  async running(): Promise<string> {
    return (await this.made<{ id: string }>('/rollouts', this.rollout())).id;
  }

  /** A version of a model that nothing uses. */
  async version(): Promise<Archive> {
    return archiveOf(`2.0.${++this.#count}`);
  }
}
