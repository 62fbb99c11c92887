/** The slots of a model on a device in words: pure. */
import type { CandidateReport, ModelReport, SlotReport } from '../../../shared/contract/messages/model-report.ts';
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import { modelText } from '../fleet/health.ts';
import { percent, short, span, whole } from '../ui/format.ts';

export interface SlotRow {
  /** `refused`: the one that should be active, which its streams refuse to run. */
  readonly slot: 'active' | 'refused' | 'candidate' | 'previous';
  /** NAME@VERSION (VARIANT); absent when the slot is empty. */
  readonly name: string | undefined;
  readonly detail: string;
  /** 0 to 1, of the phase of a candidate. */
  readonly progress?: number | undefined;
}

/** What is looked at of the streams of a device. */
export type StreamOfModel = Pick<StreamReport, 'id' | 'state' | 'error'>;

/**
 * Active first; an empty candidate or previous slot is left out.
 * @param streams all of the device
 */
export function slotRows(report: ModelReport, streams: readonly StreamOfModel[]): readonly SlotRow[] {
  const { active, candidate, previous } = report;
  const refusal = refusalOf(report, streams);
  const rows: SlotRow[] = [
    {
      slot: refusal === undefined ? 'active' : 'refused',
      name: active && nameOf(active),
      detail: refusal ?? (active ? served(active) : ''),
    },
  ];
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

/** The streams that run each model, by its text; in the order of the first. */
export function byModel(
  streams: readonly Pick<StreamReport, 'id' | 'model'>[],
): readonly (readonly [string, string[]])[] {
  const found = new Map<string, string[]>();
  for (const { id, model } of streams) {
    if (!model) continue;
    const text = modelText(model);
    found.set(text, [...(found.get(text) ?? []), id]);
  }
  return [...found];
}

/** Why no stream runs the active package: all that have it have refused it, and it has answered none. */
function refusalOf({ active }: ModelReport, streams: readonly StreamOfModel[]): string | undefined {
  if (!active || active.frames > 0 || (active.answered ?? 0) > 0) return undefined;
  const silent = streams.filter(({ id }) => active.silent?.includes(id));
  const refused = silent.filter(({ state }) => state === 'refused');
  if (refused.length === 0 || refused.length < silent.length) return undefined;
  const [{ id, error } = { id: '' }] = refused;
  return `no stream runs it; ${id}: ${error ?? 'refused'}`;
}

/** What goes on instead of a package that failed; undefined where nothing does. */
export function goesOn({ active }: ModelReport, streams: readonly StreamOfModel[]): string | undefined {
  return active && refusalOf({ active, failures: [] }, streams) === undefined ? nameOf(active) : undefined;
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
