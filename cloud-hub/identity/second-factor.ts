/**
 * Second factors: time-based codes (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, as all authenticator apps know them) and
 * recovery codes. The secret of the codes is sealed with `second-factor.key` beside the database.
 *
 * A code of the step before and of the step after counts too, for clocks that are not exact. None works twice. Wrong codes count by
 * name: after MAX_WRONG within an hour no code is looked at.
 */
import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { HubStore, Parts } from '../store/store.ts';
import type { FailedAttempts } from './attempts.ts';
import { actOf, type Caller } from './identity.ts';
import type { Sealing } from './sealing.ts';
import { digestSecret } from './secrets.ts';

export const MAX_WRONG = 5;
export const WRONG_WINDOW_MS = 3600_000;
export const PERIOD_S = 30;
const STEP_MS = PERIOD_S * 1000;
/** As long as the digest of the algorithm (RFC 4226, 4). */
const SECRET_BYTES = 20;
const RECOVERY_CODES = 10;
/** 80 bits: nobody guesses one, so a digest is enough. */
const RECOVERY_BYTES = 10;

export interface SecondFactorOptions {
  readonly store: Pick<HubStore, 'secondFactors' | 'sessions' | 'audit' | 'transact'>;
  readonly clock: Pick<Clock, 'wall'>;
  readonly sealing: Sealing;
  /** Wrong codes, by name. */
  readonly wrong: FailedAttempts;
  readonly log: Pick<Logger, 'warn'>;
}

/** Whose code it is. */
export interface Holder {
  /** Id of the user. */
  readonly id: number;
  readonly name: string;
  readonly address?: string | undefined;
  /** By what his wrong codes count. */
  readonly counted: string;
}

export type Shown = { readonly way: 'second-factor' | 'recovery-code' } | { readonly waitMs: number };

export type SecondFactors = ReturnType<typeof createSecondFactors>;

export function createSecondFactors({ store, clock, sealing, wrong, log }: SecondFactorOptions) {
  const ownerOf = (id: number) => `second factor of ${id}`;
  const codesOf = (name: string, secret: string) =>
    new TOTP({ issuer: 'Vedette', label: name, secret: Secret.fromBase32(secret), digits: 6, period: PERIOD_S });
  const secretOf = async (tx: Parts, id: number): Promise<string | undefined> => {
    const sealed = (await tx.secondFactors.get(id))?.secret;
    if (sealed === undefined) return undefined;
    const secret = sealing.open(ownerOf(id), sealed);
    if (secret === undefined)
      log.warn({ user: id }, 'the secret of a second factor does not fit second-factor.key: an admin has to reset it');
    return secret;
  };
  /** The time step of a code that is right; undefined for a wrong one. */
  const stepOf = (name: string, secret: string, code: string): number | undefined => {
    const timestamp = clock.wall();
    const delta = codesOf(name, secret).validate({ token: code, timestamp, window: 1 });
    return delta === null ? undefined : Math.floor(timestamp / STEP_MS) + delta;
  };
  /** Uses a code up. Part of a transaction. */
  const use = async (
    tx: Parts,
    { id, name }: Pick<Holder, 'id' | 'name'>,
    code: string,
  ): Promise<'second-factor' | 'recovery-code' | undefined> => {
    const plain = code.replaceAll(/[\s-]/g, '');
    if (/^\d{6}$/.test(plain)) {
      const secret = await secretOf(tx, id);
      const step = secret === undefined ? undefined : stepOf(name, secret, plain);
      return step !== undefined && (await tx.secondFactors.use(id, step)) ? 'second-factor' : undefined;
    }
    return (await tx.secondFactors.takeCode(id, digestSecret(plain.toUpperCase()))) ? 'recovery-code' : undefined;
  };
  /** Part of a transaction. */
  const newCodes = async (tx: Parts, id: number): Promise<string[]> => {
    const codes = Array.from({ length: RECOVERY_CODES }, () => new Secret({ buffer: arrayOf(RECOVERY_BYTES) }).base32);
    await tx.secondFactors.setCodes(id, codes.map(digestSecret));
    return codes.map((code) => code.replace(/(.{4})(?=.)/g, '$1-'));
  };
  /** Part of a transaction. */
  const othersOf = (tx: Parts, { token, session }: Caller) => tx.sessions.removeOf(token, session);

  return {
    isOn: async (id: number): Promise<boolean> => (await store.secondFactors.get(id))?.isConfirmed ?? false,

    codesLeft: (id: number): Promise<number> => store.secondFactors.codesLeft(id),

    /** Looks at a code, which is used up if it is right. A wrong one is told to the audit: its sender knows the password. */
    async show(holder: Holder, code: string): Promise<Shown> {
      const waitMs = wrong.waitMs(holder.counted);
      if (waitMs > 0) return { waitMs };
      wrong.failed(holder.counted);
      const way = await store.transact(async (tx) => use(tx, holder, code));
      if (way) {
        wrong.succeeded(holder.counted);
        return { way };
      }
      const { name, address } = holder;
      const act = { name, ...(address === undefined ? {} : { address }) };
      await store.transact(async (tx) => tx.audit.add(actOf(act, clock.wall()), 'second-factor.refuse', name));
      return { waitMs: 0 };
    },

    /** A new secret for an authenticator app; undefined when there is a second factor already. */
    async begin({ token, name }: Caller): Promise<{ readonly secret: string; readonly uri: string } | undefined> {
      const secret = new Secret({ buffer: arrayOf(SECRET_BYTES) }).base32;
      if (!(await store.secondFactors.begin(token, sealing.seal(ownerOf(token), secret)))) return undefined;
      return { secret, uri: codesOf(name, secret).toString() };
    },

    /**
     * The first code shows that the app has the secret: from now on the factor counts, and the other sessions end.
     * @returns recovery codes and the sessions that ended; undefined when the code is wrong, or none was begun
     */
    async confirm(
      caller: Caller,
      code: string,
    ): Promise<{ readonly codes: readonly string[]; readonly others: number[] } | undefined> {
      return store.transact(async (tx) => {
        if ((await tx.secondFactors.get(caller.token))?.isConfirmed !== false) return undefined;
        if ((await use(tx, { id: caller.token, name: caller.name }, code)) !== 'second-factor') return undefined;
        await tx.secondFactors.confirm(caller.token, clock.wall());
        await tx.audit.add(actOf(caller, clock.wall()), 'second-factor.add', caller.name);
        return { codes: await newCodes(tx, caller.token), others: await othersOf(tx, caller) };
      });
    },

    /** New recovery codes instead of those that there were. */
    renewCodes: (caller: Caller): Promise<readonly string[]> =>
      store.transact(async (tx) => {
        await tx.audit.add(actOf(caller, clock.wall()), 'second-factor.codes', caller.name);
        return newCodes(tx, caller.token);
      }),

    /** Part of a transaction. @param of whose it is. False when there was none. */
    async remove(
      tx: Parts,
      of: { readonly id: number; readonly name: string },
      by: Pick<Caller, 'name' | 'address'>,
    ): Promise<boolean> {
      if (!(await tx.secondFactors.remove(of.id))) return false;
      await tx.audit.add(actOf(by, clock.wall()), 'second-factor.remove', of.name);
      return true;
    },
  };
}

/** So many random bytes in a buffer of their own. */
function arrayOf(bytes: number): ArrayBuffer {
  return new Uint8Array(randomBytes(bytes)).buffer;
}
