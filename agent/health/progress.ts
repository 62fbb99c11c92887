/**
 * Does the agent make progress? For systemd's watchdog, and one line that says what it does. Pure but for what it remembers.
 *
 * 1. A stream that gave frames since the start of this process, and is stalled now, means no progress: the watchdog starts the agent again.
 * 2. A stream that waits for its camera, or never gave a frame, does not: a new start would not help. So a dead disk costs one
 *    restart and no endless row of them.
 */
import type { StreamReport, StreamState } from '../../shared/contract/messages/report.ts';

export class Progress {
  readonly #flowed = new Set<string>();

  /** To be called each second or so. @returns the streams that hold the agent back */
  look(streams: readonly Pick<StreamReport, 'id' | 'state'>[]): string[] {
    for (const known of this.#flowed) if (!streams.some(({ id }) => id === known)) this.#flowed.delete(known);
    for (const { id, state } of streams) if (state === 'running') this.#flowed.add(id);
    return streams.filter(({ id, state }) => state === 'stalled' && this.#flowed.has(id)).map(({ id }) => id);
  }
}

export interface Doing {
  readonly streams: readonly Pick<StreamReport, 'id' | 'state' | 'fps'>[];
  /** Records that wait for the hub. */
  readonly waiting: number;
  /** Undefined: there is no hub. */
  readonly connected: boolean | undefined;
}

export function doingOf(parts: {
  readonly streams: () => Doing['streams'];
  readonly outbox: { state(): { readonly waiting: number } };
  readonly hubConnected: () => boolean | undefined;
}): Doing {
  return { streams: parts.streams(), waiting: parts.outbox.state().waiting, connected: parts.hubConnected() };
}

/** `3 of 4 streams run, 14.9 frames per second; connected, 0 records wait; stalled: gate`. */
export function doingLine({ streams, waiting, connected }: Doing): string {
  const running = streams.filter(({ state }) => state === 'running');
  const fps = Math.round(running.reduce((sum, stream) => sum + stream.fps, 0) * 10) / 10;
  const hub = connected === undefined ? 'no hub' : connected ? 'connected' : 'no connection to the hub';
  const states = [...new Set(streams.map(({ state }) => state))].filter((state) => state !== 'running');
  const idsIn = (wanted: StreamState) => streams.filter(({ state }) => state === wanted).map(({ id }) => id);
  const others = states.map((state) => `; ${state}: ${idsIn(state).join(', ')}`);
  return `${running.length} of ${streams.length} streams run, ${fps} frames per second; ${hub}, ${waiting} records wait${others.join('')}`;
}
