/**
 * Topics of any MQTT broker: each message is a row in JSON, or a list of rows (messages.ts). The link comes back by itself after a short cut; a broker
 * that stays away ends the source, which is opened again from outside.
 *
 * Invariants:
 * 1. One batch is with the walk at a time; what arrives meanwhile waits, and beyond `MAX_WAITING` the oldest are dropped and
 *    counted.
 * 2. `onEnd` is called at most once, and never after `close`.
 */
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import type { Cancel, Clock } from '../../../../shared/kit/clock.ts';
import { type ErrorCode, messageOf } from '../../../../shared/kit/errors.ts';
import { createLink, type Link } from '../../../../shared/kit/link.ts';
import { createLogger } from '../../../../shared/kit/log.ts';
import { createArrival } from './arrival.ts';
import { createFaults, isRound } from './faults.ts';
import { createMessages } from './messages.ts';
import { createQuiet, secondsOf } from './quiet.ts';
import { secretOf } from './secrets.ts';
import type { Sample, SampleEvents, SampleSource } from './source.ts';

/** How long the broker may be away before the source counts as broken. */
const AWAY_MS = 10_000;
const MAX_WAITING = 4096;
const LOOK_MS = 1_000;

export interface TopicOptions {
  /** Of the connection; a broker ends an older connection of the same id. */
  readonly clientId: string;
  /** Without a message for so long the source is reported as stalled, once until the next message. */
  readonly quietMs: number;
  /** Nobody has said how often messages come: that is learned (quiet.ts), and `quietMs` holds until then. */
  readonly ownRhythm?: boolean;
}

export function openTopic(
  source: SensorSourceConfig,
  channels: readonly string[],
  { clientId, quietMs, ownRhythm }: TopicOptions,
  clock: Clock,
  events: SampleEvents,
): SampleSource {
  const messages = createMessages(source, channels);
  const arrival = createArrival(clock);
  const faults = createFaults(clock, events.onProblem);
  let waiting: Sample[] = [];
  let dropped = 0;
  let busy = false;
  let open = true;
  let opened = false;
  let reason = 'it does not answer';
  const quiet = createQuiet(clock, quietMs, ownRhythm);
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

  const receive = (topic: string, payload: Buffer, retained: boolean) => {
    // The connection ends a little after the source.
    if (!open) return;
    const others = messages.others;
    const { samples, faults: found } = messages.take({ topic, payload, retained }, arrival());
    for (const { code, message } of found) faults.add(code, `${source.url} ${message}`);
    if (messages.others > others && isRound(messages.others))
      events.onNote?.(
        `${source.url}: of the messages so far ${messages.describeOthers()}: left out, as of another kind`,
      );
    // What the broker had kept, and what says nothing of the channels, is no sign that the sensor lives.
    if (samples.length === 0 && (retained || found.length === 0)) return;
    quiet.look(true);
    waiting.push(...samples);
    if (waiting.length > MAX_WAITING) dropped += waiting.splice(0, waiting.length - MAX_WAITING).length;
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

  const cancelLook = clock.every(LOOK_MS, () => {
    if (!opened || !quiet.look(false)) return;
    const { filters, others } = messages;
    const found = others > 0 ? `; of the messages so far ${messages.describeOthers()}` : '';
    const message = `${source.url} ${filters.join(', ')}: no message for ${secondsOf(quiet.limitMs)} s${found}`;
    events.onProblem('source-stalled', message, 1);
  });

  const end = async () => {
    open = false;
    cancelAway();
    cancelLook();
    faults.flush();
    await link?.stop();
  };

  try {
    link = connect(source, clientId, clock, (message) => {
      reason = message;
    });
    link.onUp(() => {
      cancelAway();
      messages.begin();
      if (opened) return;
      opened = true;
      events.onOpened();
    });
    link.onDown(watchAway);
    link.onMessage(receive);
    for (const filter of messages.filters) link.subscribe(filter, 1);
    link.start();
    watchAway();
  } catch (error) {
    // Not before the caller holds the source.
    queueMicrotask(() => fail('source-open', `${source.url}: ${messageOf(error)}`));
  }
  return { close: end };
}

function connect(
  source: SensorSourceConfig,
  clientId: string,
  clock: Clock,
  onComplaint: (message: string) => void,
): Link {
  const { url, username, version } = source;
  const password = secretOf(source, 'passwordFile');
  const ca = secretOf(source, 'caFile');
  const cert = secretOf(source, 'certFile');
  const key = secretOf(source, 'keyFile');
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
  return createLink({
    url,
    clientId,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    protocolVersion: version === '5' ? 5 : 4,
    tls,
    // A sensor's broker is near and its user waits: sooner than the link to the hub.
    retryMs: { first: 250, max: 5_000 },
    onComplaint,
    clock,
    log: createLogger('sensor', 'silent'),
  });
}
