/**
 * Step 3: JSON to checked content; of a batch its next part (parts.ts). The frame of a batch and each of its records are
 * checked apart, so that one bad record costs only itself.
 */
import { MAX_UNKNOWN_BYTES, report } from '../../../shared/contract/messages/report.ts';
import { status } from '../../../shared/contract/messages/status.ts';
import { knownOf } from '../known.ts';
import type { Content, Message } from '../message.ts';
import { nextContent, reasonOf } from '../parts.ts';
import type { CheckStep, StepTools } from '../step.ts';

export const validate: CheckStep = {
  name: 'validate',
  phase: 'check',
  run(message, { enough }) {
    if (message.rejected !== undefined || message.content !== undefined || message.channel === 'presence') return;
    const content =
      message.channel === 'records' ? batchContent(message, enough) : validators[message.channel](message);
    if (typeof content === 'string') message.rejected = content;
    else message.content = content;
  },
};

function batchContent({ open }: Message, enough: StepTools['enough']): Content | string {
  return open ? nextContent(open, enough) : 'holds nothing';
}

/** Each gives the content, or the reason why there is none. */
const validators: Record<'status' | 'report', (message: Message) => Content | string> = {
  status(message) {
    const result = status.safeParse(message.body);
    return result.success ? { kind: 'status', status: result.data } : reasonOf(result.error, message.body);
  },
  report(message) {
    const result = report.safeParse(knownOf(report, message.body, MAX_UNKNOWN_BYTES));
    return result.success ? { kind: 'report', report: result.data } : reasonOf(result.error, message.body);
  },
};
