/**
 * What a decode thread does for one stream: opens, reads, paces, hands over. It answers the walk's requests between two
 * frames, and at once while it waits for a camera.
 *
 * Invariants:
 * 1. A recording, pace `fast`: no frame is dropped, the loop waits for a tensor. Pace `pts`: the recording's own time rules,
 *    and the newest frame wins.
 * 2. A camera is never paced and never loops; the newest frame wins. With `reconnect` it is tried again until it is closed,
 *    and its frames go on, in number and in time.
 * 3. After each frame the other streams of the thread have their turn.
 * 4. The last message is `ended` or `failed`, sent when all tensors are back; nothing follows a `close`.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Frame, VideoReader } from '../../../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../../../shared/engine/frames/redact.ts';
import type { Clock } from '../../../../shared/kit/clock.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';
import { createNowAndThen } from '../../../../shared/kit/now-and-then.ts';
import { shownAddress } from '../../../../shared/kit/shown-address.ts';
import type { Gate, PictureWatch } from '../../stage.ts';
import { type Connection, connect } from './connection.ts';
import { createHandover, type DecodePort } from './handover.ts';
import type { Kind } from './kinds/kind.ts';
import { kindOf } from './kinds/registry.ts';
import { createLooks } from './looks.ts';
import { createLiveTimeline, createRateLimit, createRecordedTimeline, type Timeline } from './pacing.ts';
import { createRetry } from './retry.ts';
import type { SourceOptions } from './source.ts';

/** A source that gave frames for so long is well: its next failure is a first one. */
const FLOWING_MS = 2000;
/** A recording of somebody else's is asked for again at most so often. */
const ROUND_MS = 1000;
const WRONG_STAMPS_MS = 10_000;
/** Damaged frames are reported together, at most so often. */
const REPORT_MS = 1000;

/**
 * @param gate decides which frames are worth the model; without one all are
 * @param watch looks at what a camera gives; without one nobody does
 */
export async function decodeLoop(
  options: SourceOptions,
  port: DecodePort,
  clock: Clock,
  { gate, watch }: { readonly gate?: Gate | undefined; readonly watch?: PictureWatch | undefined } = {},
): Promise<void> {
  const { source } = options;
  const shown = shownAddress(source.url);
  const undecodable = createNowAndThen<string>(clock, REPORT_MS, (message, count) =>
    port.send({ type: 'problem', code: 'frame-undecodable', message: `${shown}: ${message}`, count }, []),
  );
  const complain = (message: string) => undecodable.add('', message);
  const redactor = createRedactor(options.privacy ?? NOTHING_HIDDEN);
  const handover = createHandover({
    redactor,
    input: options.input,
    also: options.also,
    inFlight: options.inFlight,
    gate,
    port,
    clock,
    complain,
  });
  const { closed } = handover;
  const looks = watch && createLooks(watch, (fault) => port.send({ type: 'looks', fault }, []));
  const passes = createRateLimit(options.fps);
  const retry = createRetry();
  const noted = new Set<string>();
  let timeline: Timeline | undefined;
  let startAt: number | undefined;
  let frames = 0;
  let size = '';

  const noteOnce = (message: string, what = message) => {
    if (!noted.has(what)) port.send({ type: 'note', message: `${shown}: ${message}` }, []);
    noted.add(what);
  };

  const noteHole = (milliseconds: number) => {
    noteOnce(
      `its time jumps ahead by ${Math.round(milliseconds / 1000)} s; it is played without the hole, as without others`,
      'hole',
    );
  };

  /** Now and then a frame is delayed for long; only stamps that stay wrong are worth a word. */
  let byArrivalSince: number | undefined;
  const noteByArrival = (byArrival: boolean) => {
    const now = clock.mono();
    byArrivalSince = byArrival ? (byArrivalSince ?? now) : undefined;
    if (now - (byArrivalSince ?? now) > WRONG_STAMPS_MS)
      noteOnce("its timestamps do not run as this machine's clock does; the time at which its frames arrive is taken");
  };

  /** @returns how many frames were read, to the end or until it was closed */
  const play = async (connection: Connection, kind: Kind): Promise<number> => {
    const { reader, live } = connection;
    timeline ??= live ? createLiveTimeline() : createRecordedTimeline(1000 / (reader.info.fps || 25), noteHole);
    const time = timeline;
    const paced = !live && source.pace === 'pts';
    const openedAt = clock.mono();
    let read = 0;
    for (;;) {
      await turn();
      handover.receive();
      if (closed.aborted) return read;
      const began = clock.mono();
      const picture = handover.take();
      port.blocking();
      const stamp = await decode(reader, picture, handover.recycle);
      const skipped = reader.skipped();
      const passed = skipped + (stamp === undefined ? 0 : 1);
      read += passed;
      frames += passed;
      handover.count(passed);
      handover.thin(skipped);
      if (stamp === undefined) return read;
      if (clock.mono() - openedAt >= FLOWING_MS) retry.flowed();
      connection.frame();
      const now = clock.mono();
      // Waiting for the camera's packet does not count as decode time.
      const decodeMs = now - (live ? Math.max(began, connection.packetAt()) : began);
      const ptsMs = time.next(kind.stamps === 'media' || !live ? stamp : undefined, now - decodeMs);
      if (live) noteByArrival(kind.stamps === 'media' && time.byArrival());
      const isDue = passes(ptsMs, live && time.byArrival());
      if (isDue || size === '') {
        reader.upright(picture);
        const { width, height } = picture;
        // The container may not know the size, and a camera may change it.
        if (size !== `${width}x${height}`) port.send({ type: 'opened', info: { ...reader.info, width, height } }, []);
        size = `${width}x${height}`;
      }
      if (!isDue) {
        handover.recycle(picture);
        handover.thin(1);
        continue;
      }
      if (live) looks?.look(picture, now);
      const frame = frames - 1;
      if (paced) {
        startAt ??= clock.mono() - ptsMs;
        await handover.until(() => false, startAt + ptsMs);
      }
      // A frame that waited for its time is not late: its latency counts from then.
      const startedAt = (paced ? clock.mono() : now) - decodeMs;
      handover.offer({ picture: redactor.redact(picture), frame, ptsMs, decodeMs, startedAt });
      if (!live && !paced && !handover.idle()) await handover.until(handover.idle);
    }
  };

  /** Opens the source and plays it, to its end or until it is closed. */
  const playOnce = async (kind: Kind, round: number): Promise<void> => {
    const wants = (stampMs: number) =>
      timeline === undefined || passes.due(timeline.peek(kind.stamps === 'media' ? stampMs : undefined, clock.mono()));
    // Of a recording every frame has its number; it is not left out.
    const enough = kind.remote && options.fps !== undefined ? { enoughFps: options.fps } : {};
    const readerOptions = { wants, onUndecodable: complain, ...enough };
    port.blocking();
    const connection = await connect(kind, source, readerOptions, clock, closed);
    const { info } = connection.reader;
    try {
      if (info.note !== undefined) noteOnce(info.note);
      const read = await play(connection, kind);
      if (closed.aborted) return;
      if (read === 0) throw new CodedError('source-no-video', `${shown}: no frame could be decoded; is it cut off?`);
      if (connection.live) throw new CodedError('source-ended', `${shown}: the other side ended the stream`);
      const short = round === 0 ? connection.reader.shortfall() : undefined;
      if (short) {
        const message = `${shown}: its header states ${short.stated} frames, ${short.read} could be read; is it cut off?`;
        port.send({ type: 'problem', code: 'source-truncated', message, count: 1 }, []);
      }
    } finally {
      undecodable.flush();
      port.blocking();
      connection.close();
      timeline?.again();
    }
  };

  const playAll = async (kind: Kind): Promise<void> => {
    for (let round = 0; !closed.aborted; round++) {
      try {
        const began = clock.mono();
        await playOnce(kind, round);
        if (!source.loop) return;
        if (kind.remote) await handover.until(() => false, began + ROUND_MS);
      } catch (error) {
        if (closed.aborted) return;
        if (!(error instanceof CodedError && kind.remote && options.reconnect)) throw error;
        const { code, message } = error;
        const waitMs = retry.next(code);
        size = '';
        port.send({ type: 'waiting', code, message, waitMs }, []);
        await handover.until(() => false, clock.mono() + waitMs);
      }
    }
  };

  try {
    await playAll(kindOf(source.url));
    // The frames with the walk still want their pictures.
    await handover.drain();
    port.send({ type: 'ended' }, []);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    await handover.drain();
    port.send({ type: 'failed', code: error.code, message: error.message }, []);
  } finally {
    handover.close();
    looks?.close();
    redactor.close();
  }
}

/** The next frame's time; at the end, or on failure, its picture goes back. */
async function decode(reader: VideoReader, picture: Frame, giveBack: (picture: Frame) => void) {
  let stamp: number | undefined;
  try {
    const next = reader.next(picture);
    // Waiting costs a turn of the event loop: only where there is something to wait for.
    stamp = typeof next === 'object' ? await next : next;
    return stamp;
  } finally {
    if (stamp === undefined) giveBack(picture);
  }
}
