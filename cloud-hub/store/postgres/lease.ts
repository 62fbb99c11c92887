/**
 * One hub at a time works on a PostgreSQL database; others stand by and take over. What a hub has in memory (how alerts stand, what rollouts have
 * asked, who is connected) is right only for a hub that is alone.
 *
 * Invariants:
 * 1. Who leads holds the advisory lock `leader` on a session of its own. The server ends the session with the hub's process, or when nothing was
 *    heard of it for SESSION_MS: its machine is gone, cut off, or hangs.
 * 2. Who takes the lead begins a new term (the sequence `hub_term`, set under the lock, durable before anything else happens). The term fences: a
 *    connection works only if the term was its own when it began (`connection.ts`), and the new leader ends the connections of earlier terms,
 *    and waits for their end, before it goes on. So nothing that an earlier leader asks for is committed from then on.
 * 3. A leader that lost its session asks for the lock again, and goes on if nobody began a term meanwhile. Otherwise it was replaced, and has to end.
 *    Where others stand by it also ends when it could not ask for SESSION_MS: it would keep the folder from whoever leads by then.
 *
 * Crash behaviour: a new leader that dies half-way leaves a term that nobody has; the next one begins another.
 */
import { Client } from 'pg';
import { z } from 'zod';
import { inBackground } from '../../../shared/kit/background.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import type { DatabaseAddress } from '../../database-address.ts';
import { describeFailure } from './failures.ts';
import { lockNumbers } from './locks.ts';
import { TERM, termName } from './term.ts';

const SESSION_MS = 15_000;
const BEAT_MS = 2_000;
const LOOK_MS = 1_000;
/** A hub that was killed and starts again may be quicker than the server, which has to see that the earlier one is gone. */
const LOOKS = 3;
const ANSWER_MS = 5_000;
/** For each try to end connections of an earlier leader. */
const END_MS = 2_000;
const END_TRIES = 15;

export interface LeaseOptions {
  /** By which people know this hub: machine and process. */
  readonly name: string;
  /** Waits until no other hub leads; otherwise another one is an error. */
  readonly waits: boolean;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** It waits now. @param why for people */
  readonly waiting: (why: string) => void;
  /** Another hub leads now, or may: what this one asks of the database is refused, and it has to end. */
  readonly replaced: () => void;
}

export interface Lease {
  readonly term: number;
  /** After the last use of the database. */
  release(): Promise<void>;
}

const [family, leader] = lockNumbers('leader');
const HELD = `l.locktype = 'advisory' AND l.classid = ${family} AND l.objid = ${leader} AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
/** The lock counts how often it was taken, so it is taken once. */
const TAKE = `SELECT CASE WHEN EXISTS (SELECT FROM pg_locks l WHERE ${HELD} AND l.pid = pg_backend_pid()) THEN true
  ELSE pg_try_advisory_lock(${family}, ${leader}) END AS mine`;
const WHO = `SELECT a.application_name AS name, host(a.client_addr) AS address, a.backend_start::text AS since
  FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE ${HELD}`;
const BEGIN_TERM = `SELECT setval('${TERM}', last_value + 1) AS term FROM ${TERM}`;
const END_EARLIER = `SELECT pg_terminate_backend(pid, ${END_MS}) AS ended FROM pg_stat_activity
  WHERE datname = current_database() AND application_name ~ '^${termName('[0-9]+')}$' AND application_name <> $1`;

const taken = z.tuple([z.object({ mine: z.boolean() })]);
const terms = z.tuple([z.object({ term: z.coerce.number().int().nonnegative() })]);
const leaders = z.array(z.object({ name: z.string(), address: z.string().nullable(), since: z.string() }));

/** @throws Error that says what to do: another hub leads, no server, no right */
export async function takeLease(address: DatabaseAddress, options: LeaseOptions): Promise<Lease> {
  const session = openSession(address, options.name);
  try {
    await lead(address, session, options);
    const term = await beginTerm(session);
    return keepLease(session, term, options);
  } catch (error) {
    await session.end();
    throw error instanceof AnotherLeads ? error : new Error(describeFailure(error, address.shown), { cause: error });
  }
}

class AnotherLeads extends Error {}

/** Until the lock is ours. Where it waits, a database that cannot be reached is waited for too. */
async function lead({ shown }: DatabaseAddress, session: Session, options: LeaseOptions): Promise<void> {
  const { waits, waiting, clock, log } = options;
  let told: string | undefined;
  for (let looks = 0; ; looks += 1) {
    let why: string;
    try {
      if (await isOurs(session)) return;
      why = `${await leaderOf(session)} works on the database`;
    } catch (error) {
      if (!waits) throw error;
      why = 'the database cannot be reached';
      if (told !== why) log.warn({ error: messageOf(error) }, why);
    }
    if (!waits && looks >= LOOKS)
      throw new AnotherLeads(
        `another hub works on the database ${shown}: ${why}. Stop it; or start this one with --standby, then it waits and takes over when the other ends`,
      );
    if (waits && told !== why) waiting(why);
    told = why;
    await clock.sleep(LOOK_MS);
  }
}

async function isOurs(session: Session): Promise<boolean> {
  return taken.parse(await session.ask(TAKE))[0].mine;
}

async function leaderOf(session: Session): Promise<string> {
  const [found] = leaders.parse(await session.ask(WHO));
  return found ? `${found.name}, from ${found.address ?? 'this machine'}, since ${found.since}` : 'it ended just now';
}

async function beginTerm(session: Session): Promise<number> {
  await session.ask(`CREATE SEQUENCE IF NOT EXISTS ${TERM}`);
  const [{ term }] = terms.parse(await session.ask(BEGIN_TERM));
  for (let tries = 0; (await session.ask(END_EARLIER, [termName(term)])).length > 0; tries += 1)
    if (tries >= END_TRIES) throw new Error('connections of the hub that led before do not end');
  return term;
}

function keepLease(session: Session, term: number, { clock, log, waits, replaced }: LeaseOptions): Lease {
  let isAsking = false;
  let isHeld = true;
  let heldAt = clock.mono();
  const look = async () => {
    const isOurLock = await isOurs(session);
    const [{ term: newest }] = terms.parse(await session.ask(`SELECT last_value AS term FROM ${TERM}`));
    if (newest !== term) {
      cancel();
      log.error({ term, newest }, 'another hub took over: this one ends');
      return replaced();
    }
    if (isHeld !== isOurLock) log.warn({ isHeld: isOurLock }, 'the lead of this hub over its database changed hands');
    isHeld = isOurLock;
    if (isHeld) heldAt = clock.mono();
  };
  const cancel = clock.every(BEAT_MS, () => {
    if (isAsking) return;
    isAsking = true;
    inBackground(log, 'the lead of this hub could not be looked at', async () => {
      try {
        await look();
      } catch (error) {
        if (isHeld) log.warn({ error: messageOf(error) }, 'this hub lost its lead with the database; it asks again');
        isHeld = false;
        if (waits && clock.mono() - heldAt > SESSION_MS) {
          cancel();
          log.error('this hub has not reached the database for long, and another may lead: it ends');
          replaced();
        }
      } finally {
        isAsking = false;
      }
    });
  });
  return {
    term,
    release() {
      cancel();
      return session.end();
    },
  };
}

interface Session {
  /** Connects where there is no connection. A connection that fails is given up, and the lock with it. */
  ask(text: string, values?: readonly string[]): Promise<unknown[]>;
  end(): Promise<void>;
}

function openSession({ url }: DatabaseAddress, name: string): Session {
  let open: Client | undefined;
  let hasEnded = false;
  const giveUp = (client: Client) => {
    if (open === client) open = undefined;
    // Of a server that does not answer nobody waits for the goodbye.
    client.end().catch(() => undefined);
  };
  const connect = async () => {
    const client = new Client({
      connectionString: url,
      application_name: `vedette-hub leader ${name}`.slice(0, 63),
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
      options: `-c idle_session_timeout=${SESSION_MS}`,
    });
    client.on('error', () => giveUp(client));
    await client.connect();
    return client;
  };
  return {
    async ask(text, values = []) {
      if (hasEnded) throw new Error('the session has ended');
      open ??= await connect();
      const client = open;
      try {
        return (await client.query(text, [...values])).rows;
      } catch (error) {
        giveUp(client);
        throw error;
      }
    },
    async end() {
      hasEnded = true;
      await open?.end().catch(() => undefined);
    },
  };
}
