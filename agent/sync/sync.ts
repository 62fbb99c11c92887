/** The agent's side of MQTT in one part: uplink, downlink, state report and preview over one connection. */
import { topicOf } from '../../shared/contract/channels.ts';
import type { Ack } from '../../shared/contract/messages/batch.ts';
import type { Command } from '../../shared/contract/messages/command.ts';
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { Verdict } from '../../shared/contract/messages/verdict.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Part } from '../../shared/kit/lifecycle.ts';
import { createLink, type LinkOptions } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Outbox } from '../buffer/outbox.ts';
import { Downlink, type DownlinkState } from './downlink.ts';
import { PreviewSender } from './preview.ts';
import { offlineMessage, Reporter } from './reporter.ts';
import { type OnProblem, Uplink, type UplinkState } from './uplink.ts';
import type { UplinkLimits } from './uplink-limits.ts';

export interface SyncOptions {
  /** Id of the device; it is also the client id and, with `token`, the user name. */
  readonly device: string;
  readonly token?: string;
  /** Address and transport options of the connection. */
  readonly broker: Pick<LinkOptions, 'url' | 'protocolVersion' | 'open' | 'keepaliveS' | 'retryMs' | 'refusedRetryMs'>;
  readonly outbox: Outbox;
  readonly report: () => Report;
  readonly onCommand: (command: Command) => void;
  readonly onDesired: (document: Desired) => void;
  readonly onVerdict: (verdict: Verdict) => void;
  /** After the uplink has been given it. */
  readonly onAck?: (ack: Ack) => void;
  /** Connected, again or for the first time. */
  readonly onConnected?: () => void;
  readonly onProblem: OnProblem;
  readonly limits?: Partial<UplinkLimits>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SyncState {
  readonly connected: boolean;
  readonly uplink: UplinkState;
  readonly downlink: DownlinkState;
}

export interface Sync extends Part {
  start(): void;
  /** Says farewell and ends within a second, whatever the broker does. */
  stop(): Promise<void>;
  /** Something in the report changed. */
  changed(): void;
  /** Sends a picture if it can go now; see PreviewSender. */
  preview(payload: Buffer): boolean;
  /** Publishes a sample, or lines of the log; rejects where that fails. */
  send(channel: 'sample' | 'log', payload: Buffer): Promise<void>;
  state(): SyncState;
}

/** @throws RangeError when the broker's address is not one */
export function createSync(options: SyncOptions): Sync {
  const { device, token, outbox, onProblem, onCommand, onDesired, onVerdict, limits, clock, log } = options;
  const link = createLink({
    ...options.broker,
    clientId: device,
    ...(token === undefined ? {} : { username: device, password: token }),
    will: offlineMessage(device),
    clock,
    log,
  });
  const uplink = new Uplink({ device, outbox, link, onProblem, ...(limits ? { limits } : {}), clock, log });
  const downlink = new Downlink({
    device,
    link,
    onAck(ack) {
      uplink.onAck(ack);
      options.onAck?.(ack);
    },
    onUnread: (unread) => uplink.onUnread(unread),
    onCommand,
    onDesired,
    onVerdict,
    clock,
    log,
  });
  const reporter = new Reporter({ device, link, build: options.report, clock, log });
  const preview = new PreviewSender(device, link);
  return {
    start() {
      downlink.start();
      reporter.start();
      uplink.start();
      if (options.onConnected) link.onUp(options.onConnected);
      link.start();
    },
    async stop() {
      uplink.stop();
      reporter.stop();
      await link.stop(offlineMessage(device));
      downlink.stop();
    },
    changed: () => reporter.changed(),
    preview: (payload) => preview.send(payload),
    send: (channel, payload) => link.publish({ topic: topicOf(device, channel), payload, qos: 1, retain: false }),
    state: () => ({ connected: link.up, uplink: uplink.state(), downlink: downlink.state() }),
  };
}
