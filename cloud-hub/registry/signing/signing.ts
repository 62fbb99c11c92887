/** Signed metadata as the hub's users see it: publish, look, and the job that keeps it fresh. */
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import type { roleNames } from '../../../shared/trust/schema.ts';
import type { TrustState } from '../../contract/trust.ts';
import type { Act } from '../../store/audit.ts';
import { isoTime } from '../../store/rows.ts';
import type { HubStore } from '../../store/store.ts';
import type { OnlineKeys, OnlineRole } from './online-keys.ts';
import type { Repository } from './repository.ts';

const RENEW_EVERY_MS = 3600_000;
/** So long before root or targets expire people are told: their keys are not here. */
const WARN_MS = 60 * 86_400_000;

export interface SigningOptions {
  readonly repository: Repository;
  readonly keys: OnlineKeys;
  readonly store: Pick<HubStore, 'transact'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Signing {
  readonly repository: Repository;
  readonly #options: SigningOptions;
  #stop: Cancel | undefined;

  constructor(options: SigningOptions) {
    this.repository = options.repository;
    this.#options = options;
  }

  start(): void {
    this.#renew();
    this.#stop = this.#options.clock.every(RENEW_EVERY_MS, () => this.#renew());
  }

  stop(): void {
    this.#stop?.();
  }

  /** @throws TrustError */
  async publish(role: 'root' | 'targets', bytes: Uint8Array, act: Act): Promise<TrustState> {
    if (role === 'root') this.repository.publishRoot(bytes);
    else this.repository.publishTargets(bytes);
    const version = this.repository.state?.[role]?.signed.version;
    await this.#options.store.transact(async (tx) => tx.audit.add(act, `trust.${role}`, `${role}.json`, { version }));
    this.#options.log.info({ role, version, actor: act.actor }, 'signed metadata published');
    return this.state();
  }

  /** A new key of the hub, to be named by the next root. */
  async renewKey(role: OnlineRole, act: Act): Promise<TrustState> {
    const { id } = this.#options.keys.renew(role);
    await this.#options.store.transact(async (tx) => tx.audit.add(act, 'trust.online-key', role, { key: id }));
    return this.state();
  }

  state(): TrustState {
    const { keys, clock } = this.#options;
    const { state } = this.repository;
    const online = { snapshot: keys.next('snapshot').public, timestamp: keys.next('timestamp').public };
    const targets = Object.keys(state?.targets?.signed.targets ?? {}).length;
    if (!state) {
      const warning = 'nothing is signed yet: devices install no model (`vedette-hub keys init`)';
      return { online, targets, warnings: [warning] };
    }
    const { root } = state;
    const stateOf = (role: (typeof roleNames)[number]) => ({
      version: state[role]?.signed.version ?? 0,
      expiresAt: isoTime(Date.parse(state[role]?.signed.expires ?? root.signed.expires)),
      threshold: root.signed.roles[role].threshold,
      keys: [...root.signed.roles[role].keyids],
    });
    const warnings = (['root', 'targets'] as const).flatMap((role) => {
      const expires = Date.parse(state[role]?.signed.expires ?? '');
      const left = expires - clock.wall();
      if (Number.isNaN(expires) || left > WARN_MS) return [];
      const when =
        left > 0 ? `expires at ${isoTime(expires)}` : `has expired at ${isoTime(expires)}: nothing can be installed`;
      return [`${role}.json ${when}; sign it anew with \`vedette-hub keys renew ${role}\``];
    });
    const roles = {
      root: stateOf('root'),
      targets: stateOf('targets'),
      snapshot: stateOf('snapshot'),
      timestamp: stateOf('timestamp'),
    };
    return { roles, online, targets, warnings };
  }

  #renew(): void {
    const { log } = this.#options;
    try {
      if (this.repository.renew()) log.info('timestamp signed anew');
      for (const warning of this.repository.state ? this.state().warnings : []) log.warn(warning);
    } catch (error) {
      log.error({ err: error }, 'the signed metadata could not be renewed');
    }
  }
}

/** The newest root of trust, where there is one: with it a new device begins. */
export function rootOf({ repository }: Pick<Signing, 'repository'>): { readonly trustRoot?: string } {
  const version = repository.state?.root.signed.version;
  const root = version === undefined ? undefined : repository.file(`${version}.root.json`);
  return root ? { trustRoot: root.toString('utf8') } : {};
}
