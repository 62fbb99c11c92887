/** What people do with rollouts: create, try dry, pause, resume, abort. Each leaves a line in the history and in the audit. */
import { randomBytes } from 'node:crypto';
import { streamConfig } from '../../shared/contract/config/stream.ts';
import { proofPolicy, targetPathOf } from '../../shared/contract/messages/desired.ts';
import { type Complaint, complaintsOf } from '../../shared/kit/schema.ts';
import type { GateName, NewRollout, Part, RolloutPlan, RolloutPreview, RolloutTarget } from '../contract/rollout.ts';
import { rolloutPlan } from '../contract/rollout.ts';
import type { Registry } from '../registry/registry.ts';
import type { Repository } from '../registry/signing/repository.ts';
import type { Act } from '../store/audit.ts';
import type { StoredRollout } from '../store/rollouts.ts';
import type { HubStore } from '../store/store.ts';
import { askOrder, nextDevices, planWaves, selects } from './cohort.ts';
import { streamsRevision, subjectOf } from './document.ts';
import type { RolloutExecutor } from './executor.ts';
import { warningsFor } from './warnings.ts';

export class RolloutError extends Error {
  override readonly name = 'RolloutError';
  readonly why: 'not found' | 'conflict' | 'invalid';
  readonly complaints: readonly Complaint[];
  constructor(why: RolloutError['why'], message: string, complaints: readonly Complaint[] = []) {
    super(message);
    this.why = why;
    this.complaints = complaints;
  }
}

export interface RolloutsOptions {
  readonly store: HubStore;
  readonly registry: Pick<Registry, 'resolve'>;
  readonly repository: Pick<Repository, 'isSigned'>;
  readonly executor: Pick<RolloutExecutor, 'abort' | 'run'>;
  /** After a commit: what people see of this rollout is different. */
  readonly changed: (rollout: string) => void;
}

export class Rollouts {
  readonly #options: RolloutsOptions;

  constructor(options: RolloutsOptions) {
    this.#options = options;
  }

  /** @throws RolloutError, RegistryError `not found` */
  async create(request: NewRollout, act: Act): Promise<StoredRollout> {
    const { store, executor, changed } = this.#options;
    const plan = await this.#planOf(request);
    const subject = subjectOf(plan.target);
    const id = request.id ?? newId();
    await store.transact(async (tx) => {
      const other = (await tx.rollouts.open()).find((rollout) => rollout.subject === subject);
      if (other) {
        throw new RolloutError(
          'conflict',
          `the rollout ${other.id} changes ${subject} already: wait for its end or abort it`,
        );
      }
      if (await tx.rollouts.get(id))
        throw new RolloutError('conflict', `there was a rollout ${id} already: choose another id`);
      await tx.rollouts.add(id, subject, plan, 'created', act);
      const made = await tx.rollouts.get(id);
      if (!made) throw new Error('the rollout that was written is not there');
      await tx.rollouts.addHistory(made.row, act, 'created', `for ${subject}`, { plan });
      await tx.audit.add(act, 'rollout.create', id, { subject });
    });
    changed(id);
    await executor.run();
    return this.get(id);
  }

  /** Which devices would come in which wave, were it to begin now. @throws RolloutError, RegistryError `not found` */
  async preview(request: NewRollout): Promise<RolloutPreview> {
    const plan = await this.#planOf(request);
    const id = request.id ?? newId();
    const { devices } = this.#options.store;
    const roster = await devices.roster();
    const selected = roster.filter((device) => selects(plan.selector, device));
    const warnings = await warningsFor(plan, roster, (device) => devices.report(device));
    return { id, waves: planWaves(askOrder(id, selected), plan.waves), warnings };
  }

  /** The devices of each wave: those that were asked, and those that would come, were nothing to change. @throws RolloutError */
  async waves(id: string): Promise<RolloutPreview> {
    const { store } = this.#options;
    const { row, plan, wave: present } = await this.get(id);
    const asked = await store.rollouts.devices(row);
    const known = new Set(asked.map(({ device }) => device));
    const selected = (await store.devices.roster()).filter((device) => selects(plan.selector, device));
    const order = askOrder(id, selected);
    const waves = plan.waves.map((settings, wave) => {
      const own = asked.filter((row) => row.wave === wave).map(({ device }) => device);
      const next = wave < present ? [] : nextDevices(order, known, settings);
      for (const device of next) known.add(device);
      return [...own, ...next];
    });
    return { id, waves };
  }

  /** @throws RolloutError */
  async pause(id: string, act: Act): Promise<StoredRollout> {
    return this.#turn(id, 'running', 'paused', act);
  }

  /** @param waived gates that are overruled from now on @throws RolloutError */
  async resume(id: string, waived: readonly GateName[], act: Act): Promise<StoredRollout> {
    const resumed = await this.#turn(id, 'paused', 'running', act, waived);
    await this.#options.executor.run();
    return resumed;
  }

  /** Ends it and gives every device back what it had. @throws RolloutError */
  async abort(id: string, act: Act): Promise<StoredRollout> {
    await this.#options.executor.abort(() => this.#open(id), act);
    return this.get(id);
  }

  /** @throws RolloutError `not found` */
  async get(id: string, from: Pick<HubStore, 'rollouts'> = this.#options.store): Promise<StoredRollout> {
    const found = await from.rollouts.get(id);
    if (!found) throw new RolloutError('not found', `there is no rollout "${id}"`);
    return found;
  }

  /** Registers a set of streams. @throws RolloutError `invalid` with each wrong field */
  async addStreams(name: string, streams: Readonly<Record<string, unknown>>, act: Act): Promise<string> {
    const { store } = this.#options;
    const complaints = Object.entries(streams).flatMap(([stream, value]) => {
      const parsed = streamConfig.safeParse(value);
      return parsed.success ? [] : complaintsOf(parsed.error, value, `streams.${stream}`);
    });
    if (complaints.length > 0) throw new RolloutError('invalid', 'a stream is not valid', complaints);
    const revision = streamsRevision(streams);
    await store.transact(async (tx) => {
      if (await tx.streamSets.add(revision, name, JSON.stringify(streams), act)) {
        await tx.audit.add(act, 'streams.add', name, { revision });
      }
    });
    return revision;
  }

  async #turn(
    id: string,
    from: 'running' | 'paused',
    to: 'running' | 'paused',
    act: Act,
    waived?: readonly GateName[],
  ) {
    const { store, changed } = this.#options;
    const verb = to === 'paused' ? 'paused' : 'resumed';
    const overruled = waived && waived.length > 0 ? `; overruled: ${waived.join(', ')}` : '';
    const reason = `${verb} by ${act.actor}${overruled}`;
    await store.transact(async (tx) => {
      const rollout = await this.#open(id, tx);
      if (rollout.status !== from)
        throw new RolloutError('conflict', `the rollout ${id} is ${rollout.status}, not ${from}`);
      const all = [...new Set([...rollout.waived, ...(waived ?? [])])];
      await tx.rollouts.change(
        rollout.row,
        { ...rollout, status: to, waived: all, reason, settledAt: undefined },
        act.at,
      );
      await tx.rollouts.addHistory(rollout.row, act, verb, reason);
      await tx.audit.add(act, `rollout.${to === 'paused' ? 'pause' : 'resume'}`, id, waived ? { waived } : {});
    }, act.guard);
    changed(id);
    return this.get(id);
  }

  async #open(id: string, from: Pick<HubStore, 'rollouts'> = this.#options.store): Promise<StoredRollout> {
    const rollout = await this.get(id, from);
    if (rollout.status === 'running' || rollout.status === 'paused') return rollout;
    throw new RolloutError('conflict', `the rollout ${id} is over: ${rollout.status}`);
  }

  async #planOf({ id: _id, dryRun: _dryRun, target, ...rest }: NewRollout): Promise<RolloutPlan> {
    return rolloutPlan.parse({ ...rest, target: await this.#targetOf(target) });
  }

  async #targetOf(request: NewRollout['target']): Promise<RolloutTarget> {
    const { registry, repository, store } = this.#options;
    if (request.kind === 'streams') {
      if (await store.streamSets.get(request.revision)) return request;
      throw new RolloutError('not found', `there is no set of streams ${request.revision}`);
    }
    const model = await registry.resolve(request.package);
    if (!repository.isSigned(targetPathOf(model), model.digest)) {
      const what = `${model.name}@${model.version}`;
      throw new RolloutError(
        'conflict',
        `${what} is not signed, devices would refuse it: \`vedette-hub keys sign ${what}\``,
      );
    }
    return { kind: 'model', model: request.model, digest: model.digest, proof: request.proof ?? proofPolicy.parse({}) };
  }
}

/** What a rollout asks devices for. @throws RolloutError when it is gone */
export async function partFor(store: Pick<HubStore, 'models' | 'streamSets'>, rollout: StoredRollout): Promise<Part> {
  const { target } = rollout.plan;
  if (target.kind === 'streams') {
    const set = await store.streamSets.get(target.revision);
    if (!set) throw new RolloutError('not found', `the set of streams ${target.revision} is gone`);
    return { revision: set.revision, rollout: rollout.id, streams: set.streams };
  }
  const model = await store.models.byDigest(target.digest);
  if (!model) throw new RolloutError('not found', `the model ${target.digest} is gone`);
  const { name, version, digest, bytes } = model;
  return { name, version, digest, bytes, target: targetPathOf(model), rollout: rollout.id, proof: target.proof };
}

function newId(): string {
  return `r-${randomBytes(5).toString('hex')}`;
}
