/** Step 9, after the commit: counters, rollouts, alerts, and those who watch. */

import type { RecordKind } from '../../../shared/contract/messages/record.ts';
import type { LiveMessage } from '../../contract/live.ts';
import { eventOf } from '../../store/events.ts';
import { problemOf } from '../../store/problems.ts';
import { readingOf } from '../../store/readings.ts';
import type { StoredRecord } from '../../store/records.ts';
import { summaryOf } from '../../store/summaries.ts';
import type { Message } from '../message.ts';
import type { AfterStep, StepTools } from '../step.ts';

export const fanOut: AfterStep = {
  name: 'fan out',
  phase: 'after',
  async run(message, tools) {
    const { content, device } = message;
    count(message, tools);
    const isAboutItself = content !== undefined && content.kind !== 'batch';
    if (isAboutItself || message.stored.length > 0) tools.heard?.(device, message.stored, isAboutItself);
    for (const item of message.stored) tools.announce(() => liveOf(item), device);
    if (content?.kind === 'report') await tools.reported(device, content.report);
    if (content && content.kind !== 'batch') {
      tools.announce(async () => {
        const found = await tools.store.devices.get(device);
        return found && { type: 'device', device: found };
      }, device);
    }
  },
};

function liveOf(item: StoredRecord): LiveMessage | undefined {
  const { record } = item;
  if (record.kind === 'event') return { type: 'event', event: eventOf(item, record) };
  if (record.kind === 'summary') return { type: 'summary', summary: summaryOf(item, record) };
  if (record.kind === 'reading') return { type: 'reading', reading: readingOf(item, record) };
  if (record.kind === 'error' || record.kind === 'loss') return { type: 'problem', problem: problemOf(item, record) };
  return undefined;
}

function count(message: Message, { metrics }: StepTools): void {
  const kinds = new Map<RecordKind, number>();
  for (const { record } of message.stored) kinds.set(record.kind, (kinds.get(record.kind) ?? 0) + 1);
  for (const [kind, stored] of kinds) metrics.records.inc({ kind }, stored);
  metrics.quarantined.inc(message.quarantined.length);
  metrics.quarantineEvicted.inc(message.evicted);
  const { content, view } = message;
  if (content?.kind !== 'batch' || !view) return;
  if (content.last) metrics.batches.inc();
  metrics.duplicates.inc(content.good.length + content.bad.length - view.fresh.length - view.freshBad.length);
  metrics.refused.inc(view.freshBad.length);
}
