/** Keeps the certificate of a running device fresh: carries out what renewal.ts says, one step at a time. */
import { RENEW_PATH, renewed } from '../../shared/contract/enrolment.ts';
import { problemDocument } from '../../shared/contract/problem-document.ts';
import { createBackoff } from '../../shared/kit/backoff.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Part } from '../../shared/kit/lifecycle.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { ClientCredentials } from '../../shared/pki/dial.ts';
import type { Fetch } from '../../shared/pki/fetch.ts';
import { certificateRequest, keyPem, newKey } from '../../shared/pki/keys.ts';
import { checkPair, type KeyPair } from './file.ts';
import { credentialsOf, type IdentityHolder } from './holder.ts';
import { nextStep } from './renewal.ts';

export interface RenewerOptions {
  readonly holder: IdentityHolder;
  /** Over connections that are opened with the present certificate. */
  readonly fetch: Fetch;
  /** Opens a connection of its own to the broker, and ends it. @throws Error when the broker does not accept it */
  readonly prove: (credentials: ClientCredentials, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A step that failed is tried again after so long. */
const RETRY_MS = { first: 60_000, max: 3_600_000 };
/** Two renewals are at least so far apart, whatever the clock says. */
const PAUSE_MS = 6 * 3600_000;
const REQUEST_MS = 30_000;
/** A timer takes no longer wait, and the clock may be set meanwhile. */
const MAX_WAIT_MS = 3600_000;

export function createRenewer({ holder, fetch, prove, clock, log }: RenewerOptions): Part {
  const stop = new AbortController();
  const retry = createBackoff(RETRY_MS.first, RETRY_MS.max);
  let cancel: Cancel = () => undefined;
  let working: Promise<void> = Promise.resolve();
  let pausedUntil = 0;

  /** @returns milliseconds until the next step */
  async function step(): Promise<number> {
    const { identity } = holder;
    const due = nextStep(identity, holder.now());
    switch (due.kind) {
      case 'wait':
        return Math.min(due.until - holder.now(), MAX_WAIT_MS);
      case 'key': {
        const pause = pausedUntil - clock.mono();
        if (pause > 0) return Math.min(pause, MAX_WAIT_MS);
        holder.change({ ...identity, next: { key: keyPem(newKey()) } });
        return 0;
      }
      case 'ask': {
        const key = identity.next?.key ?? '';
        const { certificate, roots } = await ask(key);
        checkPair({ key, certificate }, identity.device);
        holder.change({ ...identity, ...(identity.roots === undefined ? {} : { roots }), next: { key, certificate } });
        return 0;
      }
      case 'prove': {
        const { key = '', certificate = '' } = identity.next ?? {};
        const next: KeyPair = { key, certificate };
        await prove(credentialsOf(next), stop.signal);
        const { next: _, ...rest } = identity;
        holder.change({ ...rest, current: next });
        pausedUntil = clock.mono() + PAUSE_MS;
        log.info({ device: identity.device }, 'the certificate was renewed');
        return 0;
      }
    }
  }

  async function ask(key: string) {
    const { device, hub } = holder.identity;
    const request = await certificateRequest(device, key);
    const abort = new AbortController();
    const end = clock.after(REQUEST_MS, () => abort.abort(new Error(`no answer in ${REQUEST_MS / 1000} s`)));
    try {
      const response = await fetch(new URL(RENEW_PATH, hub), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ request }),
        signal: AbortSignal.any([abort.signal, stop.signal]),
      });
      const body: unknown = await response.json();
      if (response.ok) return renewed.parse(body);
      throw new Error(
        `the hub refused (${response.status}): ${problemDocument.safeParse(body).data?.detail ?? response.statusText}`,
      );
    } finally {
      end();
    }
  }

  const run = () => {
    working = step().then(
      (ms) => {
        retry.reset();
        plan(ms);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        log.warn({ reason: messageOf(error) }, 'the certificate could not be renewed; trying again');
        plan(retry.next());
      },
    );
  };
  const plan = (ms: number) => {
    if (!stop.signal.aborted) cancel = clock.after(ms, run);
  };

  return {
    start: run,
    async stop() {
      stop.abort(new Error('stopped'));
      cancel();
      await working;
    },
  };
}
