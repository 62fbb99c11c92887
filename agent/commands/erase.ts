/**
 * `vedette-agent erase`: erases what the box keeps of a stream. The agent that runs is given an order in its data folder, and
 * carries it out; where none runs, this process does, and holds the folder's lock meanwhile.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { name } from '../../shared/contract/names.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { clockQuality } from '../../shared/kit/clock-quality.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { Sealer } from '../../shared/kit/seal.ts';
import { millisecondsOf } from '../../shared/kit/written-time.ts';
import { readKeys } from '../at-rest/keys.ts';
import { lockFolder } from '../buffer/file/lock.ts';
import { loadConfig } from '../config.ts';
import type { Environment } from '../environment.ts';
import { carryOut } from '../erase/carry-out.ts';
import { type Orders, openOrders, type StoredAnswer, type StoredOrder } from '../erase/orders.ts';
import { stoppedPlaces } from '../erase/stopped.ts';

export interface EraseOptions {
  /** Undefined: of every stream. */
  readonly stream?: string;
  readonly from?: string;
  readonly before?: string;
  readonly picturesOnly: boolean;
  readonly dataDir?: string;
  readonly configFile?: string;
  /** Seconds to wait for an agent that runs. */
  readonly waitS: number;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

const LOOK_MS = 200;

/** @returns the exit code: 0 when it is erased, 1 when it is not erased yet, 2 for wrong use */
export async function erase(options: EraseOptions): Promise<number> {
  const { stdout, stderr } = options;
  try {
    const { folder, sealer } = placeOf(options);
    const order = orderOf(options);
    refuseFuture(order, options.clock.wall());
    becomeOwner(folder);
    const orders = openOrders(folder);
    orders.add(order);
    const answer = await carriedOut(order, orders, folder, sealer, options);
    if (!answer) {
      const file = path.join(folder, 'erase', `${order.id}.json`);
      stderr.write(
        `vedette-agent: the agent that runs in ${folder} has not erased it within ${options.waitS} s. The order stays in ${file}; ` +
          'the agent goes on trying, and its log says why it could not\n',
      );
      return 1;
    }
    orders.remove(order.id);
    stdout.write(`${shown(order, answer)}\n`);
    return 0;
  } catch (error) {
    stderr.write(`vedette-agent: ${messageOf(error)}\n`);
    return error instanceof CodedError ? 2 : 1;
  }
}

async function carriedOut(
  order: StoredOrder,
  orders: Orders,
  folder: string,
  sealer: Sealer,
  { clock, waitS }: EraseOptions,
): Promise<StoredAnswer | undefined> {
  const end = clock.mono() + waitS * 1000;
  for (;;) {
    const answer = orders.answerTo(order.id);
    if (answer) return answer;
    const unlock = tryToLock(folder);
    if (unlock) {
      try {
        await eraseHere(order, orders, folder, sealer, clock);
      } finally {
        unlock();
      }
      continue;
    }
    if (clock.mono() >= end) return undefined;
    await clock.sleep(LOOK_MS);
  }
}

/** No agent runs: what others have ordered waits for it. */
async function eraseHere(
  order: StoredOrder,
  orders: Orders,
  folder: string,
  sealer: Sealer,
  clock: Clock,
): Promise<void> {
  const boot = randomBytes(8).toString('hex');
  const stamp = () => {
    const wall = clock.wall();
    return { config: 'vedette-agent erase', boot, mono: 0, wall, clock: clockQuality(wall) };
  };
  const { id, by } = order;
  orders.answer({ id, by, state: 'done', erased: await carryOut(order, stoppedPlaces(folder, stamp, clock, sealer)) });
}

function tryToLock(folder: string): (() => void) | undefined {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

function placeOf({ dataDir, configFile, environment }: EraseOptions): { folder: string; sealer: Sealer } {
  const config = configFile === undefined ? undefined : loadConfig(configFile, environment);
  const folder = path.resolve(dataDir ?? config?.dataDir ?? './data');
  if (existsSync(path.join(folder, 'outbox.db'))) return { folder, sealer: readKeys(config?.encryption).sealer };
  throw new CodedError(
    'config-invalid',
    `${folder} is no data folder of an agent: it has no outbox.db; name it with --data-dir, or the configuration with --config`,
  );
}

function orderOf({ stream, from, before, picturesOnly }: EraseOptions): StoredOrder {
  if (stream !== undefined && !name.safeParse(stream).success)
    throw wrong('--stream', `"${stream}" is no name of a stream`);
  const order: StoredOrder = {
    id: randomBytes(16).toString('hex'),
    ...(stream === undefined ? {} : { stream }),
    ...(from === undefined ? {} : { from: timeOf('--from', from) }),
    ...(before === undefined ? {} : { before: timeOf('--before', before) }),
    pictures: picturesOnly,
    by: 'command',
  };
  if (order.from !== undefined && order.before !== undefined && order.from >= order.before)
    throw wrong('--before', 'must be later than --from');
  return order;
}

/** What is recorded after the order is carried out would stay. A clock that cannot be right does not know what the future is. */
function refuseFuture({ before }: StoredOrder, now: number): void {
  if (before === undefined || before <= now || clockQuality(now) === 'wrong') return;
  const says = new Date(now).toISOString();
  throw wrong(
    '--before',
    `this time has not come yet (the clock of this machine says ${says}): an order erases what was recorded up to now; leave --before out for that`,
  );
}

function timeOf(option: string, text: string): number {
  const found = millisecondsOf(text);
  // No record is older than 1970, and an order with such a time would not be read back.
  if (found !== undefined) return Math.max(0, found);
  throw wrong(
    option,
    `"${text}" is no time: write 2026-03-31T14:00:00Z, with a zone (+02:00), or 2026-03-31 (its beginning in UTC)`,
  );
}

function wrong(option: string, what: string): CodedError {
  return new CodedError('config-invalid', `${option}: ${what}`);
}

/** Run by root, it must not leave files that the agent's user cannot open. */
function becomeOwner(folder: string): void {
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() !== 0 || uid === 0) return;
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

function shown({ stream, pictures }: StoredOrder, { erased }: StoredAnswer): string {
  const of = stream === undefined ? 'of every stream' : `of stream ${stream}`;
  const { records = 0, pictures: taken = 0, samples = 0, memories = 0 } = erased ?? {};
  const parts = pictures
    ? [`${taken} pictures of records, which stay`, `${samples} samples`]
    : [`${records} records with their pictures`, `${samples} samples`, `${memories} memories of detectors`];
  return `erased ${of}: ${parts.join(', ')}`;
}
