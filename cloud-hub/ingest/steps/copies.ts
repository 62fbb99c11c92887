/** Step 7, after the commit: is this device there twice? */
import type { AfterStep } from '../step.ts';

export const copies: AfterStep = {
  name: 'copies',
  phase: 'after',
  run({ content, device, view }, tools) {
    if (content?.kind === 'status' && content.status.boot !== undefined)
      tools.copies.spoke(device, content.status.boot);
    if (content?.kind === 'report') tools.copies.spoke(device, content.report.boot, content.report.host.name);
    if (content?.kind === 'batch' && view?.forkedAt !== undefined) {
      tools.copies.forked(device, content.epoch, view.forkedAt);
    }
  },
};
