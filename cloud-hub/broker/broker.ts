/**
 * What the hub needs of a broker: the embedded one (embedded.ts), or a connection to an external one (external.ts).
 */
import type { DownChannel } from '../../shared/contract/channels.ts';

export interface HubBroker {
  /**
   * Sends a message to a device, if it is there and fast enough to take it. It may get lost: acks and commands are said
   * again when they matter.
   */
  publish(device: string, channel: DownChannel, payload: Buffer): void;
  /** Ends a device's connection; it may come back if it is still let in. */
  disconnect(device: string): void;
  /** Is it listening, or connected? */
  isOpen(): boolean;
  stop(): Promise<void>;
}

/** What the broker tells the hub. */
export interface BrokerEvents {
  /** A device published. A promise makes that device wait until it resolves. */
  message(topic: string, payload: Buffer): Promise<void> | undefined;
  /** A connection was taken in, and more may wait. */
  arriving(): void;
  connected(device: string): void;
  disconnected(device: string): void;
  /** The device listens: what is sent from now on can reach it. */
  subscribed(device: string): void;
}
