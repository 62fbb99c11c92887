/** The slots of a model on a device in words: pure. */
import type { CandidateReport, ModelReport, SlotReport } from '../../../shared/contract/messages/model-report.ts';
import { percent, short, span, whole } from './format.ts';

export interface SlotRow {
  readonly slot: 'active' | 'candidate' | 'previous';
  /** NAME@VERSION (VARIANT); absent when the slot is empty. */
  readonly name: string | undefined;
  readonly detail: string;
  /** 0 to 1, of the phase of a candidate. */
  readonly progress?: number | undefined;
}

/** Active first; an empty candidate or previous slot is left out. */
export function slotRows({ active, candidate, previous }: ModelReport): readonly SlotRow[] {
  const rows: SlotRow[] = [{ slot: 'active', name: active && nameOf(active), detail: active ? served(active) : '' }];
  if (candidate) {
    rows.push({
      slot: 'candidate',
      name: nameOf(candidate),
      detail: candidateText(candidate),
      progress: candidate.progress,
    });
  }
  if (previous) rows.push({ slot: 'previous', name: nameOf(previous), detail: served(previous) });
  return rows;
}

function nameOf(slot: { readonly name: string; readonly version: string; readonly variant?: unknown }): string {
  return `${slot.name}@${slot.version}${typeof slot.variant === 'string' ? ` (${slot.variant})` : ''}`;
}

function served({ frames, errors, latencyMs, serviceS }: SlotReport): string {
  const parts = [`${whole(frames)} frames in ${span(serviceS * 1000)}`];
  if (errors > 0) parts.push(errors === 1 ? '1 error' : `${whole(errors)} errors`);
  if (latencyMs) parts.push(`p95 ${short(latencyMs.p95)} ms`);
  return parts.join(', ');
}

function candidateText({ phase, progress, reason, shadow }: CandidateReport): string {
  const parts = [progress === undefined ? phase : `${phase} ${percent(progress)}`];
  if (shadow && shadow.frames > 0)
    parts.push(`agreement ${percent(shadow.agreement)} over ${whole(shadow.frames)} frames`);
  if (reason !== undefined) parts.push(reason);
  return parts.join(', ');
}
