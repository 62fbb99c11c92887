/**
 * The live feed: one WebSocket to `/api/v1/live`, opened again with capped backoff for as long as it is wanted.
 *
 * 1. At most one socket, and one timer, at a time; nothing after `stop`.
 * 2. The hub shows one stream a connection: the newest `watch` wins, and is asked again after a reconnect.
 * 3. A frame that does not pass its schema is counted and dropped; the feed goes on.
 * 4. What was sent while the feed was down is not on it: subscribers hear `onOpen` and fetch what they missed.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Backoff } from '../../../shared/kit/backoff.ts';
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import { type LiveMessage, type LiveRequest, liveMessage } from '../../contract/live.ts';
import { type LivePicture, parsePicture } from './picture.ts';

/** A WebSocket reduced to what the feed needs. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketHandlers {
  open(): void;
  /** Once, after which nothing else is called. */
  closed(): void;
  text(text: string): void;
  binary(bytes: Uint8Array<ArrayBuffer>): void;
}

export type FeedState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** `retryAt`: when it is tried again, on the monotonic clock. */
  | { readonly kind: 'waiting'; readonly retryAt: number };

export interface WatchTarget {
  readonly device: string;
  readonly stream: string;
}

export interface FeedOptions {
  readonly open: (handlers: SocketHandlers) => Socket;
  readonly clock: Clock;
  readonly backoff: Backoff;
  /** A connection failed before it opened: the hub may be down, or the session over. */
  readonly onRefused: () => void;
}

export interface Feed {
  readonly state: ReadonlySignal<FeedState>;
  /** Frames that were not understood since the page was loaded. */
  readonly misunderstood: ReadonlySignal<number>;
  start(): void;
  stop(): void;
  /** Tries at once instead of waiting for the backoff. */
  retry(): void;
  onMessage(listener: (message: LiveMessage) => void): Cancel;
  onOpen(listener: () => void): Cancel;
  watch(target: WatchTarget, onPicture: (picture: LivePicture) => void): Cancel;
}

/** An open connection that lasted this long was a good one: the backoff starts from the beginning. */
const GOOD_AFTER_MS = 5000;

export function createFeed({ open, clock, backoff, onRefused }: FeedOptions): Feed {
  const state = signal<FeedState>({ kind: 'stopped' });
  const misunderstood = signal(0);
  const listeners = new Set<(message: LiveMessage) => void>();
  const openListeners = new Set<() => void>();
  let socket: Socket | undefined;
  let cancelTimer: Cancel = () => undefined;
  let watched: { target: WatchTarget; onPicture: (picture: LivePicture) => void } | undefined;

  const send = (request: LiveRequest) => {
    if (state.value.kind === 'open') socket?.send(JSON.stringify(request));
  };

  const understand = (work: () => void) => {
    try {
      work();
    } catch {
      misunderstood.value++;
    }
  };

  function connect(): void {
    cancelTimer();
    state.value = { kind: 'connecting' };
    let wasOpen = false;
    // A late call of a socket that was given up must not touch its successor.
    const isCurrent = () => socket === mine;
    const mine: Socket = open({
      open() {
        if (!isCurrent()) return;
        wasOpen = true;
        state.value = { kind: 'open' };
        cancelTimer = clock.after(GOOD_AFTER_MS, () => backoff.reset());
        if (watched) send({ type: 'watch', ...watched.target });
        for (const listener of openListeners) listener();
      },
      closed() {
        if (!isCurrent()) return;
        socket = undefined;
        cancelTimer();
        const wait = backoff.next();
        state.value = { kind: 'waiting', retryAt: clock.mono() + wait };
        cancelTimer = clock.after(wait, connect);
        if (!wasOpen) onRefused();
      },
      text: (text) => {
        if (!isCurrent()) return;
        understand(() => {
          const message = liveMessage.parse(JSON.parse(text));
          for (const listener of listeners) listener(message);
        });
      },
      binary: (bytes) => {
        if (!isCurrent()) return;
        understand(() => {
          const picture = parsePicture(bytes);
          const { device, stream } = picture.header;
          // Pictures of the stream watched before may still be under way.
          if (device === watched?.target.device && stream === watched.target.stream) watched.onPicture(picture);
        });
      },
    });
    socket = mine;
  }

  return {
    state,
    misunderstood,
    start() {
      if (state.value.kind === 'stopped') connect();
    },
    stop() {
      cancelTimer();
      const last = socket;
      socket = undefined;
      state.value = { kind: 'stopped' };
      backoff.reset();
      last?.close();
    },
    retry() {
      if (state.value.kind === 'waiting') connect();
    },
    onMessage(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onOpen(listener) {
      openListeners.add(listener);
      return () => openListeners.delete(listener);
    },
    watch(target, onPicture) {
      const mine = { target, onPicture };
      watched = mine;
      send({ type: 'watch', ...target });
      return () => {
        if (watched !== mine) return;
        watched = undefined;
        send({ type: 'unwatch' });
      };
    },
  };
}
