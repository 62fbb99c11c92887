/** Orders to erase in words, and the form of a new one. Pure. */
import type { Erasure, NewErasure } from '../../contract/erasure.ts';
import { whole } from '../ui/format.ts';

export function stateTone({ state, failure, onDevice }: Pick<Erasure, 'state' | 'failure' | 'onDevice'>): string {
  if (failure !== undefined || onDevice.state === 'failed' || onDevice.state === 'unknown') return 'bad';
  return state === 'done' ? 'good' : 'warn';
}

/** Of which streams, and what. */
export function reachText({ stream, picturesOnly }: Pick<Erasure, 'stream' | 'picturesOnly'>): string {
  const what = picturesOnly ? 'pictures only' : 'records and pictures';
  return `${stream === undefined ? 'every stream' : `stream ${stream}`} · ${what}`;
}

export function hubText({ hub }: Pick<Erasure, 'hub'>): string {
  return countsText({
    records: hub.records,
    pictures: hub.pictures,
    'second opinions': hub.opinions,
    alerts: hub.alerts,
    'refused records': hub.refused,
  });
}

export function deviceText({ onDevice: { state, reason, erased } }: Pick<Erasure, 'onDevice'>): string {
  switch (state) {
    case 'waiting':
      return 'no answer yet; the order waits for it';
    case 'failed':
      return `not yet, it tries again${reason === undefined ? '' : `: ${reason}`}`;
    case 'unknown':
      return 'its agent is too old for orders: update it, then order again';
    case 'gone':
      return 'it was removed';
    case 'done':
      return erased ? countsText({ ...erased }) : 'done';
  }
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0
    ? 'nothing found'
    : parts.map(([what, count]) => `${whole(count)} ${count === 1 ? one(what) : what}`).join(', ');
}

function one(things: string): string {
  return things.replace(/ies$/, 'y').replace(/s$/, '');
}

/** What stands in the form. */
export interface ErasureForm {
  readonly device: string;
  readonly stream: string;
  readonly from: string;
  readonly before: string;
  readonly picturesOnly: boolean;
  readonly reason: string;
}

/** Where the form is wrong, by field. */
export type Complaints = Partial<Record<'from' | 'before', string>>;

export function complaintsOf({ from, before }: Pick<ErasureForm, 'from' | 'before'>): Complaints {
  const wrong = 'write 2026-03-31 14:00, or leave it empty';
  return {
    ...(from.trim() !== '' && timeOf(from) === undefined ? { from: wrong } : {}),
    ...(before.trim() !== '' && timeOf(before) === undefined ? { before: wrong } : {}),
  };
}

/** The order that a form without complaints means. */
export function orderOf(form: ErasureForm): NewErasure {
  const from = timeOf(form.from);
  const before = timeOf(form.before);
  return {
    device: form.device.trim(),
    ...(form.stream.trim() === '' ? {} : { stream: form.stream.trim() }),
    ...(from === undefined ? {} : { from }),
    ...(before === undefined ? {} : { before }),
    picturesOnly: form.picturesOnly,
    ...(form.reason.trim() === '' ? {} : { reason: form.reason.trim() }),
  };
}

/** A time as people write it, of the reader's place unless it names a zone, as ISO 8601; undefined where it is none. */
export function timeOf(text: string): string | undefined {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text.trim());
  if (!found) return undefined;
  const [, day, time = '00:00', zone = ''] = found;
  const ms = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
