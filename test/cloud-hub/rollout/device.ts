/** A device over real MQTT that takes up desired documents and reports as an agent does; how its model fares a test says. */

import { type Desired, type DesiredModel, desired } from '../../../shared/contract/messages/desired.ts';
import type { ModelReport } from '../../../shared/contract/messages/model-report.ts';
import { type TestDevice, type TestHub, testDevice } from '../support.ts';
import { shadowOf } from './fleet.ts';
import { reportOf } from './reports.ts';

export interface RolloutDevice {
  readonly id: string;
  readonly device: TestDevice;
  /** Digests that it was asked to run, in order; undefined: what its own configuration says. */
  readonly asked: (string | undefined)[];
  document(): Desired | undefined;
}

const scores = [5, 10, 20, 40, 60, 80, 90, 100, 80, 40];
const latencyMs = { p50: 10, p95: 20 };

type Named = Pick<DesiredModel, 'name' | 'version' | 'digest'>;

export const serves = (model: Named): ModelReport => ({
  active: {
    name: model.name,
    version: model.version,
    digest: model.digest,
    serviceS: 60,
    frames: 500,
    errors: 0,
    latencyMs,
    scores,
    shadow: shadowOf(),
  },
  previous: { name: 'factory', version: '1.0.0', serviceS: 999, frames: 9999, errors: 0, latencyMs, scores },
  failures: [],
});

export const failsBy =
  (stage: 'proof' | 'shadow' | 'trust' | 'service', reason: string) =>
  ({ name, version, digest }: Named): ModelReport => ({
    active: { name: 'factory', version: '1.0.0', serviceS: 999, frames: 9999, errors: 0 },
    failures: [{ name, version, digest, stage, reason }],
  });

export async function rolloutDevice(
  hub: TestHub,
  id: string,
  fares: (model: DesiredModel) => ModelReport = serves,
): Promise<RolloutDevice> {
  const device = await testDevice(hub, id);
  const asked: (string | undefined)[] = [];
  let document: Desired | undefined;
  const follow = async () => {
    for (;;) {
      document = desired.parse(await device.next('desired'));
      const model = document.models.detector;
      if (asked.at(-1) !== model?.digest || asked.length === 0) asked.push(model?.digest);
      await device.publish('report', reportOf(document, model && fares(model)));
    }
  };
  follow().catch(() => undefined);
  await device.publish('report', reportOf(undefined, undefined));
  return { id, device, asked, document: () => document };
}
