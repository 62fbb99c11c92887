/** What corrections and holds share: a change of what is said of one event, its line in the audit, and its word to those who follow. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProblemError } from '../../../shared/http/problems.ts';
import type { Event } from '../../contract/event.ts';
import { rowNumber } from '../../store/rows.ts';
import type { Parts } from '../../store/store.ts';
import type { ApiOptions } from '../options.ts';
import { actOf } from '../responses.ts';

export const eventParams = z.object({ id: z.string().max(32) });

/** The event of the path, for its tag. */
export function eventDocument(request: FastifyRequest, from: Parts): Promise<Event | undefined> | undefined {
  const row = rowNumber(eventParams.parse(request.params).id);
  return row === undefined ? undefined : from.events.get(row);
}

/** What may be said of an event, at most once each. */
export interface Said<T> {
  get(event: number): Promise<object | undefined>;
  set(event: number, said: T, act: { readonly at: number; readonly actor: string }): Promise<boolean>;
  remove(event: number): Promise<boolean>;
}

export interface Change<T> {
  readonly of: (tx: Parts) => Said<T>;
  readonly action: string;
  /** Part of the transaction. @throws ProblemError when it may not be said */
  readonly mayBe?: (tx: Parts, row: number) => Promise<void>;
}

type Options = Pick<ApiOptions, 'store' | 'feed' | 'clock'>;

/** The event as it is now; those who follow the feed get it too. */
async function announced({ store, feed }: Options, row: number): Promise<Event | undefined> {
  const now = await store.events.get(row);
  if (now) feed.announce(() => ({ type: 'amendment', event: now }), now.device);
  return now;
}

/** @returns the event as it is afterwards @throws ProblemError when there is none */
export async function say<T extends object>(
  options: Options,
  request: FastifyRequest,
  said: T,
  { of, action, mayBe }: Change<T>,
): Promise<Event> {
  const { id } = eventParams.parse(request.params);
  const row = rowNumber(id);
  const act = actOf(request, options.clock);
  const isThere =
    row !== undefined &&
    (await options.store.transact(async (tx) => {
      await mayBe?.(tx, row);
      const before = await of(tx).get(row);
      const isSet = await of(tx).set(row, said, act);
      if (isSet) await tx.audit.add(act, action, id, { ...said, ...(before ? { before } : {}) });
      return isSet;
    }, act.guard));
  const now = isThere ? await announced(options, row) : undefined;
  if (!now) throw new ProblemError(404, `there is no event "${id}"`);
  return now;
}

/** @returns false: nothing was said of it */
export async function takeBack<T>(
  options: Options,
  request: FastifyRequest,
  { of, action }: Change<T>,
): Promise<boolean> {
  const { id } = eventParams.parse(request.params);
  const row = rowNumber(id);
  if (row === undefined) return false;
  const act = actOf(request, options.clock);
  const isGone = await options.store.transact(async (tx) => {
    const before = await of(tx).get(row);
    if (!before) return false;
    await of(tx).remove(row);
    await tx.audit.add(act, action, id, { before });
    return true;
  }, act.guard);
  if (isGone) await announced(options, row);
  return isGone;
}
