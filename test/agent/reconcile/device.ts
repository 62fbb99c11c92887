/**
 * A device whose power can fail between any two effects: real state file, store, fleet and reconciler. What measures packages
 * and what runs streams is scripted, so that a test owns how each package fares; both check what they are given.
 */
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type AgentConfig, parseConfig } from '../../../agent/config.ts';
import { Hindrance, Refusal } from '../../../agent/models/outcome.ts';
import { openStore, type Store } from '../../../agent/models/store.ts';
import type { Tools } from '../../../agent/models/tools.ts';
import { createRealPaths } from '../../../agent/real-paths.ts';
import { createFleet } from '../../../agent/reconcile/fleet.ts';
import { plan } from '../../../agent/reconcile/plan.ts';
import { createReconciler, type Reconciler } from '../../../agent/reconcile/reconcile.ts';
import { type DeviceState, deviceState, openState, type StateFile } from '../../../agent/reconcile/state.ts';
import type { Assignment } from '../../../agent/runner/messages.ts';
import {
  type Desired,
  type DesiredModel,
  type DesiredStreams,
  desired,
  desiredStreams,
} from '../../../shared/contract/messages/desired.ts';
import type { ModelFailure } from '../../../shared/contract/messages/model-report.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { bring, type Fate, HOME, type Made, MODEL, STREAMS, shadowOf, stream, wrongVariants } from './packages.ts';

class PowerCut extends Error {}
const forever = () => new Promise<never>(() => undefined);
export class Device {
  /** Version that answers a stream. */
  readonly serving = new Map<string, string>();
  /** Each set of assignments that runners were given, as `stream=version`. */
  readonly applied: string[][] = [];
  /** What runners were given and must not have been. */
  readonly breaches: string[] = [];
  readonly failures: ModelFailure[] = [];
  readonly fates = new Map<string, Fate>();
  readonly deadStreams = new Set<string>();
  /** Why what does not start does not, if not by its version. */
  deathReason: string | undefined;
  /** Hold a download, or a comparison, until they resolve. */
  arriving: (() => Promise<void>) | undefined;
  pause: (() => Promise<void>) | undefined;
  readonly effects: string[] = [];
  /** So many more beginnings and ends of effects, then the power fails. */
  cutAfter = Number.POSITIVE_INFINITY;
  powerless = true;
  diskFull = false;
  changes = 0;
  readonly silent = new Set<string>();
  clock = new ManualClock();
  readonly store: Store;
  readonly #folder: string;
  readonly #made: ReadonlyMap<string, Made>;
  readonly #config: AgentConfig;
  readonly #home: string;
  readonly #proven = new Set<string>();
  readonly #compared = new Set<string>();
  #inFlight = 0;
  #reconciler: Reconciler | undefined;
  #state: StateFile | undefined;
  #desired: Desired | undefined;

  constructor(folder: string, made: ReadonlyMap<string, Made>, home: string) {
    this.#folder = folder;
    this.#made = made;
    this.#home = home;
    this.store = openStore(path.join(folder, 'models'), 0);
    const streams = Object.fromEntries(STREAMS.map((name) => [name, stream]));
    const config = { device: 'box', models: { [MODEL]: home }, streams };
    this.#config = parseConfig(JSON.stringify(config), path.join(folder, 'agent.yaml'));
  }

  /** Another device in the same state; this one must have been stopped. */
  copyTo(folder: string): Device {
    cpSync(this.#folder, folder, { recursive: true });
    const copy = new Device(folder, this.#made, this.#home);
    for (const version of this.#proven) copy.#proven.add(version);
    for (const version of this.#compared) copy.#compared.add(version);
    for (const [version, fate] of this.fates) copy.fates.set(version, fate);
    copy.#desired = this.#desired;
    return copy;
  }

  get reconciler(): Reconciler {
    if (!this.#reconciler) throw new Error('the device has not been started');
    return this.#reconciler;
  }

  /** What lies on disk. */
  get disk(): DeviceState {
    return deviceState.parse(JSON.parse(readFileSync(path.join(this.#folder, 'models.json'), 'utf8')));
  }

  get model() {
    return this.#state?.state.models[MODEL] ?? { failures: [] };
  }

  get state(): DeviceState {
    return this.#state?.state ?? this.disk;
  }

  made(version: string): DesiredModel {
    const found = this.#made.get(version);
    if (!found) throw new Error(`no package ${version} was made`);
    return found.wanted;
  }

  /** A document of the hub; the same content has the same revision. */
  document(version: string | undefined, streams?: Record<string, unknown>, proof: object = {}): Desired {
    const models = version === undefined ? {} : { [MODEL]: { ...this.made(version), proof } };
    const set: { streams?: DesiredStreams } = streams
      ? { streams: desiredStreams.parse({ revision: digestOf(JSON.stringify(streams)), streams }) }
      : {};
    const content = { models, ...set };
    return desired.parse({ revision: digestOf(JSON.stringify(content)), ...content });
  }

  /** The hub's document comes, now and with each later connection. */
  desire(document: Desired): void {
    this.#desired = document;
    if (!this.powerless) this.#receive(() => this.reconciler.onDesired(document));
  }

  #receive(announce: () => void): void {
    try {
      announce();
    } catch (error) {
      if (!(error instanceof PowerCut) && !this.diskFull) throw error;
    }
  }

  /** A start after whatever was before; the hub is reached afterwards. @param early what happens before streams run */
  async start(early: () => void = () => undefined): Promise<void> {
    // What a dead process had begun has come to its end, or has left nothing.
    while (this.#inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    let dead = false;
    let die: () => void = () => undefined;
    const death = new Promise<void>((resolve) => (die = resolve));
    const pass = (what: string): boolean => {
      if (dead) return false;
      this.effects.push(what);
      if (this.cutAfter-- > 0) return true;
      dead = true;
      this.powerless = true;
      die();
      return false;
    };
    const sync = <T>(what: string, run: () => T): T => {
      if (!pass(`${what} …`)) throw new PowerCut();
      if (this.diskFull) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      const result = run();
      if (!pass(what)) throw new PowerCut();
      return result;
    };
    const effect = async <T>(what: string, run: () => Promise<T> | T): Promise<T> => {
      if (!pass(`${what} …`)) return forever();
      this.#inFlight++;
      try {
        return await run();
      } finally {
        this.#inFlight--;
        if (!pass(what)) await forever();
      }
    };

    this.powerless = false;
    this.serving.clear();
    this.clock = new ManualClock();
    const real = openState(path.join(this.#folder, 'models.json'), (reason) => this.breaches.push(reason));
    const state: StateFile = {
      get state() {
        return real.state;
      },
      set: (next) => sync('state', () => real.set(next)),
      setModel: (id, change) => sync('state', () => real.setModel(id, change)),
    };
    this.#state = state;
    const store: Store = {
      ...this.store,
      collect: (needed) => effect('collect', () => this.store.collect(needed)),
    };
    const fleet = createFleet({
      config: this.#config,
      store,
      supervisor: { apply: (assignments) => effect('apply', () => this.#apply(assignments)) },
      tune: async (assignments) => assignments,
      onStreams: () => undefined,
      realPaths: createRealPaths(this.clock),
    });
    this.#reconciler = createReconciler({
      state,
      store,
      fleet,
      tools: this.#tools(effect),
      models: [MODEL],
      isAnswering: (name) => !this.silent.has(name),
      onChange: () => this.changes++,
      onFailure: (_model, failure) => this.failures.push(failure),
      clock: this.clock,
      log: createLogger('test', 'silent'),
    });
    early();
    // A power cut while it starts leaves it where it is.
    const started = this.#reconciler.start().catch((error: unknown) => {
      if (!(error instanceof PowerCut)) throw error;
    });
    await Promise.race([started, death]);
    if (!this.powerless && this.#desired) this.desire(this.#desired);
  }

  async stop(): Promise<void> {
    await this.reconciler.stop();
    this.powerless = true;
  }

  crash(streams: readonly string[]): void {
    if (!this.powerless) this.#receive(() => this.reconciler.onCrash(streams));
  }

  /** Whatever runs goes on until `done`, or until the power fails. @returns whether it is done */
  async until(done: () => boolean, what: string): Promise<boolean> {
    for (let polls = 0; polls < 8000; polls++) {
      if (this.powerless) return false;
      if (done()) return true;
      await new Promise((resolve) => setTimeout(resolve, 1));
      // What waits is tried again.
      if (polls % 10 === 9) await this.clock.advance(2000);
    }
    throw new Error(`${what}: not reached; ${JSON.stringify(this.state)}; ${this.effects.slice(-20).join(', ')}`);
  }

  /** Nothing is left to do, and nothing is being done. */
  isCalm(): boolean {
    const { state } = this;
    const stored = new Set([...this.#made.values()].map((m) => m.wanted.digest));
    return this.#inFlight === 0 && plan({ state, known: [MODEL], stored, hasGarbage: false }).length === 0;
  }

  #versionOf(modelDir: string): string {
    const found = [...this.#made].find(([, { wanted }]) => modelDir.endsWith(wanted.digest.slice('sha256:'.length)));
    return found?.[0] ?? HOME;
  }

  #apply(assignments: readonly Assignment[]) {
    this.applied.push(assignments.map((a) => `${a.stream}=${this.#versionOf(a.modelDir)}`).toSorted());
    this.breaches.push(...wrongVariants(assignments, (dir) => this.#versionOf(dir)));
    const failed: { streams: string[]; reason: string }[] = [];
    for (const { stream: id, modelDir } of assignments) {
      const version = this.#versionOf(modelDir);
      if (version !== HOME && !(this.#proven.has(version) && this.#compared.has(version)))
        this.breaches.push(`${id} was given ${version}, which has not proven itself`);
      const fate = this.fates.get(version);
      const isDead = fate === 'does not start' || (fate === 'half starts' && id === 'yard');
      const starts = !isDead && !this.deadStreams.has(id);
      if (starts || this.serving.get(id) === version) this.serving.set(id, version);
      else failed.push({ streams: [id], reason: this.deathReason ?? `the runner of ${version} ended` });
    }
    for (const id of [...this.serving.keys()]) if (!assignments.some((a) => a.stream === id)) this.serving.delete(id);
    return failed;
  }

  #tools(effect: <T>(what: string, run: () => Promise<T> | T) => Promise<T>): Tools {
    const fateOf = (version: string) => this.fates.get(version) ?? 'good';
    return {
      fetch: (wanted, progress) =>
        effect('fetch', async () => {
          progress('downloading', 0.5);
          await this.arriving?.();
          const made = this.#made.get(wanted.version);
          if (!made || fateOf(wanted.version) === 'no bytes') throw new Hindrance('the hub does not have it');
          bring(made, this.store.partOf(wanted.digest));
          await this.store.install(wanted.digest);
        }),
      prove: ({ modelDir }) =>
        effect('prove', () => {
          const version = this.#versionOf(modelDir);
          if (fateOf(version) === 'bad proof') throw new Refusal('proof', 'its golden samples differ');
          this.#proven.add(version);
          if (this.made(version).proof.shadowFrames === 0) this.#compared.add(version);
          return { golden: { samples: 1, passed: 1 }, variants: [], chosen: 'fp32' };
        }),
      shadow: ({ candidate, incumbent }, _streams, wanted, onProgress) =>
        effect('shadow', async () => {
          const version = this.#versionOf(candidate.modelDir);
          this.breaches.push(...wrongVariants([candidate, incumbent], (dir) => this.#versionOf(dir)));
          const frames = wanted.proof.shadowFrames;
          onProgress(shadowOf(frames / 2, frames));
          await this.pause?.();
          const shadow = shadowOf(frames, frames);
          if (fateOf(version) === 'bad shadow') throw new Refusal('shadow', 'it disagrees', { shadow });
          this.#compared.add(version);
          return shadow;
        }),
    };
  }
}
