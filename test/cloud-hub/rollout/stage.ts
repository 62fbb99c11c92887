/**
 * Executor and rollouts on a real store, with devices that take up documents and report as agents do; what reaches whom, and
 * when, a test says. Only the time, the broker and the registry's signatures are not real.
 */

import { onTestFinished } from 'vitest';
import { newRollout, type Rollout } from '../../../cloud-hub/contract/rollout.ts';
import { describeRollout } from '../../../cloud-hub/rollout/describe.ts';
import { RolloutExecutor } from '../../../cloud-hub/rollout/executor.ts';
import { partFor, Rollouts } from '../../../cloud-hub/rollout/rollouts.ts';
import type { Act } from '../../../cloud-hub/store/audit.ts';
import { type HubStore, openStore } from '../../../cloud-hub/store/store.ts';
import type { Desired } from '../../../shared/contract/messages/desired.ts';
import type { ModelReport } from '../../../shared/contract/messages/model-report.ts';
import type { Report } from '../../../shared/contract/messages/report.ts';
import { modelManifest } from '../../../shared/contract/model-manifest.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { failsBy, serves } from './device.ts';
import { reportOf } from './reports.ts';

export const digests = { '1.0.0': `sha256:${'a1'.repeat(32)}`, '2.0.0': `sha256:${'b2'.repeat(32)}` } as const;
export const person: Act = { at: 0, actor: 'ann' };

const manifestOf = (version: string) =>
  modelManifest.parse({
    name: 'bright',
    version,
    task: 'detect',
    license: 'MIT',
    input: { width: 8, height: 8, layout: 'nchw', color: 'rgb', resize: 'stretch' },
    head: { kind: 'yolox', strides: [8] },
    labels: ['x'],
    variants: [{ file: 'fp32.onnx', precision: 'fp32' }],
  });

/** A box: what it has taken up, and what is on its way to it. */
export interface Box {
  readonly id: string;
  document: Desired | undefined;
  inbox: Desired[];
  readonly reported: Report[];
}

export class Stage {
  readonly clock = new ManualClock();
  readonly store: HubStore;
  readonly boxes = new Map<string, Box>();
  /** What the feed was told: rollout, and devices. */
  readonly news: (readonly [string, readonly string[]])[] = [];
  /** Called after each commit, before anything else happens. */
  watch: () => Promise<void> = async () => undefined;
  executor: RolloutExecutor;
  rollouts: Rollouts;
  readonly #online = new Set<string>();
  /** How a model fares on a box. */
  fares: (id: string, digest: string) => ModelReport | undefined = () => undefined;

  private constructor(store: HubStore) {
    this.store = store;
    this.executor = this.#executor();
    this.rollouts = this.#rollouts();
  }

  /** @param folder that exists; whoever opens it closes `store` */
  static async open(folder: string, ids: readonly string[]): Promise<Stage> {
    const stage = new Stage(await openStore(folder, 0));
    const act = { at: stage.clock.wall(), actor: 'ann' };
    for (const [version, digest] of Object.entries(digests)) {
      await stage.store.transact(async (tx) => tx.models.add({ manifest: manifestOf(version), digest, bytes: 9 }, act));
    }
    for (const id of ids) await stage.add(id);
    await stage.executor.start();
    return stage;
  }

  async add(id: string): Promise<void> {
    await this.store.devices.add(id, 'x', 0);
    this.boxes.set(id, { id, document: undefined, inbox: [], reported: [] });
    await this.setOnline(id, true);
  }

  /** The hub ends and starts again; all connections with it. */
  async restart(): Promise<void> {
    await this.executor.stop();
    await this.store.devices.allOffline();
    this.#online.clear();
    for (const box of this.boxes.values()) box.inbox = [];
    this.executor = this.#executor();
    this.rollouts = this.#rollouts();
    await this.executor.start();
  }

  async begin(more: Record<string, unknown> = {}, version: keyof typeof digests = '1.0.0'): Promise<Rollout> {
    const desire = newRollout.parse({
      target: { kind: 'model', model: 'detector', package: `bright@${version}` },
      waves: [
        { devices: 1, soakS: 60 },
        { percent: 50, soakS: 60 },
        { percent: 100, soakS: 0 },
      ],
      id: 'r1',
      ...more,
    });
    const made = await this.rollouts.create(desire, this.act());
    return this.rollout(made.id);
  }

  act(): Act {
    return { at: this.clock.wall(), actor: 'ann' };
  }

  async rollout(id = 'r1'): Promise<Rollout> {
    return describeRollout(this.store, await this.rollouts.get(id));
  }

  async history(id = 'r1') {
    return this.store.rollouts.history((await this.rollouts.get(id)).row, { limit: 1000 });
  }

  box(id: string): Box {
    const found = this.boxes.get(id);
    if (!found) throw new Error(`no box ${id}`);
    return found;
  }

  async setOnline(id: string, online: boolean): Promise<void> {
    if (online) this.#online.add(id);
    else this.#online.delete(id);
    await this.store.devices.noteContact(id, { online }, this.clock.wall());
    // A document is sent to whoever subscribes.
    if (online) await this.#send(id);
  }

  /** It takes up the newest document that reached it. */
  take(id: string): void {
    const box = this.box(id);
    box.document = box.inbox.at(-1) ?? box.document;
    box.inbox = [];
  }

  /** It says what it runs, or once more what it said before. */
  async report(id: string, report = this.#reportOf(id)): Promise<void> {
    this.box(id).reported.push(report);
    this.#online.add(id);
    await this.store.devices.noteContact(id, { report, online: true }, this.clock.wall());
    await this.executor.reported(id, report);
  }

  /** Everybody who is connected takes up what came, says so, and the hub has time to decide; so many times. */
  async untilQuiet(times = 1): Promise<void> {
    for (let n = 0; n < times; n++) {
      for (const { id, online } of await this.store.devices.roster()) {
        if (!online) continue;
        this.take(id);
        await this.report(id);
      }
      await this.clock.advance(1000);
    }
  }

  #reportOf(id: string): Report {
    const { document } = this.box(id);
    const model = document?.models.detector;
    return reportOf(document, model && (this.fares(id, model.digest) ?? serves(model)));
  }

  async #send(id: string): Promise<void> {
    const document = await this.store.desired.get(id);
    const online = (await this.store.devices.roster()).some((device) => device.id === id && device.online);
    if (document && online) this.boxes.get(id)?.inbox.push(document);
  }

  #changed(rollout: string, devices: readonly string[]): void {
    this.news.push([rollout, devices]);
  }

  #executor(): RolloutExecutor {
    const { clock } = this;
    const store: HubStore = {
      ...this.store,
      transact: async (work) => {
        const result = await this.store.transact(work);
        await this.watch();
        return result;
      },
    };
    return new RolloutExecutor({
      store,
      partFor: (rollout) => partFor(store, rollout),
      publish: (id, document) => {
        // Boxes get it as soon as they look; what is sent is what was written.
        if (this.#online.has(id)) this.boxes.get(id)?.inbox.push(document);
      },
      changed: (rollout, devices) => this.#changed(rollout, devices),
      clock,
      log: createLogger('test', 'silent'),
    });
  }

  #rollouts(): Rollouts {
    const { store } = this;
    return new Rollouts({
      store,
      registry: {
        resolve: async (text) => {
          const [name = '', version = ''] = text.split('@');
          const found = await store.models.get(name, version);
          if (!found) throw new Error(`no ${text}`);
          return found;
        },
      },
      repository: { isSigned: () => true },
      executor: this.executor,
      changed: (rollout) => this.#changed(rollout, []),
    });
  }
}

/** A stage that ends with the test. */
export async function stageOf(...ids: string[]): Promise<Stage> {
  const stage = await Stage.open(tempFolder(), ids);
  onTestFinished(async () => {
    await stage.executor.stop();
    await stage.store.close();
  });
  return stage;
}

/** The model that a box should run. */
export const modelOf = async (stage: Stage, id: string) => (await stage.store.desired.get(id))?.models.detector;

/** Who was asked, in order. */
export const askedOf = async (stage: Stage, id = 'r1') =>
  (await stage.store.rollouts.devices((await stage.rollouts.get(id)).row)).map(({ device }) => device);

/** What a box reports that gives a version up. */
export function refuses(version: keyof typeof digests): ModelReport {
  return failsBy('proof', 'not finite')({ name: 'bright', version, digest: digests[version] });
}
