/**
 * A topic of any MQTT broker: each message is one row in JSON. The link comes back by itself after a short cut; a broker
 * that stays away ends the source, which is opened again from outside.
 *
 * Invariants:
 * 1. One batch is with the walk at a time; what arrives meanwhile waits, and beyond `MAX_WAITING` the oldest are dropped and
 *    counted.
 * 2. `onEnd` is called at most once, and never after `close`.
 */
import { readFileSync } from 'node:fs';
import type { SensorSourceConfig } from '../../../shared/contract/config/sensor.ts';
import { readJsonRow } from '../../../shared/engine/series/json.ts';
import { planRow, readRow } from '../../../shared/engine/series/row.ts';
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import { CodedError, type ErrorCode, messageOf } from '../../../shared/kit/errors.ts';
import { createLink, type Link } from '../../../shared/kit/link.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { createComplaints } from './sensor-complaints.ts';
import { createOrder } from './sensor-order.ts';
import type { Sample, SampleEvents, SampleSource } from './sensor-source.ts';

/** How long the broker may be away before the source counts as broken. */
const AWAY_MS = 10_000;
const MAX_WAITING = 4096;
const MAX_PAYLOAD = 262_144;
const TELL_MS = 1_000;

export interface TopicOptions {
  /** Of the connection; a broker ends an older connection of the same id. */
  readonly clientId: string;
  /** Silence of so long is told, once until somebody speaks. */
  readonly quietMs: number;
}

export function openTopic(
  source: SensorSourceConfig,
  channels: readonly string[],
  { clientId, quietMs }: TopicOptions,
  clock: Clock,
  events: SampleEvents,
): SampleSource {
  const plan = planRow(channels, source.values, source.time);
  const order = createOrder();
  const complaints = createComplaints(events.onTrouble);
  let waiting: Sample[] = [];
  let dropped = 0;
  let busy = false;
  let open = true;
  let opened = false;
  let reason = 'it does not answer';
  let heardAt = clock.mono();
  let quiet = false;
  let cancelAway: Cancel = () => undefined;
  let link: Link | undefined;

  const hand = async () => {
    busy = true;
    while (open && waiting.length > 0) {
      const samples = waiting;
      const lost = dropped;
      waiting = [];
      dropped = 0;
      await events.onSamples(samples, lost);
    }
    busy = false;
  };

  const heard = (topic: string, payload: Buffer) => {
    heardAt = clock.mono();
    quiet = false;
    const where = `${source.url} ${topic}`;
    const row = payload.length > MAX_PAYLOAD ? `has ${payload.length} bytes` : readJsonRow(payload.toString('utf8'));
    const read = typeof row === 'string' ? row : readRow(row, plan);
    if (typeof read === 'string') return complaints.add('sensor-row', `${where}: ${read}`);
    const placed = order.place(read.atMs ?? clock.mono());
    if (typeof placed === 'string') return complaints.add('sensor-order', `${where}: ${placed}`);
    waiting.push({ ...placed, values: read.values });
    if (waiting.length > MAX_WAITING) {
      waiting.shift();
      dropped++;
    }
    if (!busy) void hand();
  };

  const fail = (code: ErrorCode, message: string) => {
    if (!open) return;
    void end();
    events.onEnd({ code, message });
  };

  const watchAway = () => {
    cancelAway();
    const code = opened ? 'source-ended' : 'source-open';
    cancelAway = clock.after(AWAY_MS, () => fail(code, `${source.url}: no connection to the broker: ${reason}`));
  };

  const cancelTold = clock.every(TELL_MS, () => {
    complaints.flush();
    if (quiet || !opened || clock.mono() - heardAt < quietMs) return;
    quiet = true;
    events.onTrouble('source-stalled', `${source.url} ${source.topic}: no message for ${quietMs / 1000} s`, 1);
  });

  const end = async () => {
    open = false;
    cancelAway();
    cancelTold();
    complaints.flush();
    await link?.stop();
  };

  try {
    link = connect(source, clientId, clock, (message) => {
      reason = message;
    });
    link.onUp(() => {
      cancelAway();
      if (opened) return;
      opened = true;
      events.onOpened();
    });
    link.onDown(watchAway);
    link.onMessage(heard);
    // The schema demands a topic of a broker.
    link.subscribe(source.topic ?? '#', 1);
    link.start();
    watchAway();
  } catch (error) {
    // Not before the caller holds the source.
    queueMicrotask(() => fail('source-open', `${source.url}: ${messageOf(error)}`));
  }
  return { close: end };
}

function connect(
  { url, username, passwordFile }: SensorSourceConfig,
  clientId: string,
  clock: Clock,
  onComplaint: (message: string) => void,
): Link {
  let password: string | undefined;
  try {
    password = passwordFile === undefined ? undefined : readFileSync(passwordFile, 'utf8').trim();
  } catch (error) {
    throw new CodedError('source-open', `passwordFile: ${messageOf(error)}`);
  }
  return createLink({
    url,
    clientId,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // A sensor's broker is near and its user waits: sooner than the link to the hub.
    retryMs: { first: 250, max: 5_000 },
    onComplaint,
    clock,
    log: createLogger('sensor', 'silent'),
  });
}
