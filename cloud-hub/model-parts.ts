/** The parts of the hub that deal with models: registry, signing, delivery, rollouts. */
import path from 'node:path';
import { encode } from '../shared/contract/codec.ts';
import type { Desired } from '../shared/contract/messages/desired.ts';
import { inBackground } from '../shared/kit/background.ts';
import type { Clock } from '../shared/kit/clock.ts';
import type { Logger } from '../shared/kit/log.ts';
import { type Tracing, traceOfDocument } from '../shared/kit/tracing.ts';
import type { HubBroker } from './broker/broker.ts';
import type { HubConfig } from './config.ts';
import { createThresholdTuning } from './inference/tuning.ts';
import type { LiveFeed } from './live/feed.ts';
import { Delivery } from './registry/delivery.ts';
import { inspectArchive } from './registry/inspect.ts';
import { type Inspect, Registry } from './registry/registry.ts';
import { OnlineKeys } from './registry/signing/online-keys.ts';
import { Repository } from './registry/signing/repository.ts';
import { Signing } from './registry/signing/signing.ts';
import { rolloutNews } from './rollout/describe.ts';
import { RolloutExecutor } from './rollout/executor.ts';
import { partFor, Rollouts } from './rollout/rollouts.ts';
import type { HubStore } from './store/store.ts';

export interface ModelPartsOptions {
  readonly config: Pick<HubConfig, 'downloadMbps'>;
  /** Built `registry/inspect-child.js`; default: beside this file, where the build puts it. */
  readonly inspector?: string;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function createModelParts(
  options: ModelPartsOptions,
  store: HubStore,
  dataDir: string,
  send: HubBroker['publish'],
  feed: LiveFeed,
) {
  const { config, clock, log } = options;
  const entry = options.inspector ?? new URL('./registry/inspect-child.js', import.meta.url);
  const inspect: Inspect = (order, bytes, signal) => inspectArchive(order, bytes, { entry, clock, signal });
  const registry = await Registry.open(path.join(dataDir, 'models'), store, inspect, log);
  const keys = new OnlineKeys(path.join(dataDir, 'trust', 'keys'));
  const repository = new Repository(path.join(dataDir, 'trust', 'metadata'), keys, clock);
  const signing = new Signing({ repository, keys, store, clock, log });
  const delivery = new Delivery(clock, config.downloadMbps);
  const publish = (device: string, document: Desired) => {
    const now = clock.wall();
    const about = { 'vedette.device': device, 'vedette.revision': document.revision };
    options.tracing?.span(traceOfDocument(device, document.revision), 'document sent', now, about).end(now);
    send(device, 'desired', encode(document));
  };
  const sendDesired = (device: string) => {
    const send = async () => {
      const document = await store.desired.get(device);
      if (document) publish(device, document);
    };
    inBackground(log, 'a device did not get its document; it asks again', send, { device });
  };
  const changed = (rollout: string, devices: readonly string[] = []) => {
    for (const build of rolloutNews(store, rollout, devices)) feed.announce(build);
  };
  const executor = new RolloutExecutor({
    store,
    partFor: (rollout) => partFor(store, rollout),
    publish,
    changed,
    clock,
    log,
  });
  const rollouts = new Rollouts({ store, registry, repository, executor, changed });
  const thresholds = createThresholdTuning({ store, publishDesired: sendDesired, clock, log });
  return { registry, signing, delivery, executor, rollouts, thresholds, sendDesired };
}
