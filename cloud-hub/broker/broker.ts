/**
 * What the hub needs of a broker: the embedded one (embedded.ts), or a connection to an external one (external.ts).
 */
import type { DownChannel, UpChannel } from '../../shared/contract/channels.ts';

export interface HubBroker {
  /**
   * Sends a message to a device if the device is connected and reads fast enough. The message may be lost: the hub sends acks
   * and commands again where they matter.
   */
  publish(device: string, channel: DownChannel, payload: Buffer): void;
  /** Ends a device's connection. The device may connect again if its token is still valid. */
  disconnect(device: string): void;
  /** Is it listening, or connected? */
  isOpen(): boolean;
  stop(): Promise<void>;
}

/** What the broker tells the hub. */
export interface BrokerEvents {
  /** A device published on one of its own channels. A promise makes that device wait until it settles. */
  message(device: string, channel: UpChannel, payload: Buffer): Promise<void> | undefined;
  /** Resolves when the messages of all devices together that wait in the hub are few enough for one more. */
  room(): Promise<void>;
  /** A connection was accepted, and more may be waiting. */
  arriving(): void;
  connected(device: string): void;
  disconnected(device: string): void;
  /** The device has subscribed: what is sent from now on can reach it. */
  subscribed(device: string): void;
}
