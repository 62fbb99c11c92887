/** What an MQTT connection of ours offers, and what it is told (link.ts). */
import type { Duplex } from 'node:stream';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

export interface LinkMessage {
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export interface LinkOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://` address; credentials belong into the fields below. */
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Published by the broker when the connection ends without a farewell. */
  readonly will?: LinkMessage;
  /** 4 is MQTT 3.1.1 (default), 5 is MQTT 5. */
  readonly protocolVersion?: 4 | 5;
  /** For `mqtts://` and `wss://`: PEM of the trusted authority, and of the client's own certificate and key. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Makes the stream of each connection instead: who wants to judge the broker himself, before a byte is sent. */
  readonly open?: (signal: AbortSignal) => Promise<Duplex>;
  readonly keepaliveS?: number;
  /** Milliseconds for connecting and for a subscription (default 10,000). */
  readonly connectTimeoutMs?: number;
  /** Milliseconds for a publish to be confirmed (default 30,000). */
  readonly publishTimeoutMs?: number;
  /** Bounds in milliseconds of the wait before a new try (default 500 to 30,000). */
  readonly retryMs?: { readonly first: number; readonly max: number };
  /**
   * After a connection that had lasted, the first new try comes at a random moment of so many milliseconds (default 5,000): a
   * broker that was restarted shall not meet its whole fleet at once.
   */
  readonly returnSpreadMs?: number;
  /** As `retryMs`, after the broker refused our credentials or rights (default 5,000 to 60,000). */
  readonly refusedRetryMs?: { readonly first: number; readonly max: number };
  /** Told why there is no connection, once a reason; `refused`: the broker does not want this client. */
  readonly onComplaint?: (message: string, refused: boolean) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Unsubscribe = () => void;
/** @param retained the broker had kept the message, and sends it because we have subscribed */
export type MessageListener = (topic: string, payload: Buffer, retained: boolean) => void;

export interface Link {
  /** Connected, and every subscription granted? */
  readonly up: boolean;
  /** Begins connecting; returns at once. */
  start(): void;
  /** Publishes `last` when connected, says farewell, and ends within a second whatever the broker does. */
  stop(last?: LinkMessage): Promise<void>;
  /** Resolves when sent (QoS 0) or confirmed (QoS 1). Rejects when not connected, refused, cut off or timed out. */
  publish(message: LinkMessage): Promise<void>;
  /** Reads no further message before `until` has settled. For a listener that has enough for now. */
  hold(until: Promise<unknown>): void;
  /** Subscribes now if connected, and after every connect. */
  subscribe(filter: string, qos: 0 | 1): void;
  onMessage(listener: MessageListener): Unsubscribe;
  onUp(listener: () => void): Unsubscribe;
  onDown(listener: () => void): Unsubscribe;
}
