/** Rules over devices on a real database, with a clock that the test moves. */
import { onTestFinished } from 'vitest';
import { AlertEngine } from '../../../cloud-hub/alerts/engine.ts';
import { Hours } from '../../../cloud-hub/alerts/hours.ts';
import { type NewAlertRule, newAlertRule } from '../../../cloud-hub/contract/alert-rule.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

/** What an engine needs besides its store and clock, for a test that looks at what is in the outbox. */
export const engineParts = () => ({
  notified: () => undefined,
  hours: new Hours(),
  linkTo: (rule: string, channel: string) => `https://hub.example/#acknowledge=${rule}.${channel}`,
  log: createLogger('test', 'silent'),
});

/** @param begin where its clock stands at first, milliseconds since 1970 */
export async function engineWith(rules: Record<string, unknown>, devices: number, begin?: number) {
  const clock = new ManualClock(begin);
  const store = await openStore(tempFolder(), clock.wall());
  onTestFinished(() => store.close());
  const act = { at: clock.wall(), actor: 'ann' };
  const ids = Array.from({ length: devices }, (_, n) => `box-${n}`);
  await store.transact(async (tx) => {
    for (const name of ['hook', 'boss', 'chief'])
      await tx.alertRules.setChannel(name, { kind: 'webhook', url: 'https://example.com/' }, undefined, act);
    for (const [name, rule] of Object.entries(rules))
      await tx.alertRules.setRule(name, newAlertRule.parse(rule) satisfies NewAlertRule, act);
    for (const id of ids) {
      await tx.devices.enrol(id, { site: 'berlin' }, clock.wall());
      await tx.devices.noteContact(id, { online: true }, clock.wall());
    }
  });
  const engine = new AlertEngine({ store, clock, ...engineParts() });
  onTestFinished(() => engine.stop());
  await engine.start();
  const turn = async (online: boolean, some: readonly string[] = ids) => {
    await store.transact(async (tx) => {
      for (const id of some) await tx.devices.noteContact(id, { online }, clock.wall());
    });
    for (const id of some) engine.heard(id, [], true);
  };
  /** Ticks only at the end of each: an hour of them, one per second, takes seconds. */
  const minutes = async (count: number) => {
    for (let n = 0; n < count; n++) {
      await clock.skip(58_000);
      await clock.advance(2000);
    }
  };
  const told = async () => (await store.alertDeliveries.list({ limit: 100 })).toReversed();
  return { clock, store, engine, ids, turn, minutes, told };
}
