/** Conditions on the state of a device: one function per kind. */
import type { PictureFault } from '../../../shared/contract/messages/report.ts';
import { DAY_MS } from '../../../shared/kit/durations.ts';
import type { AlertCondition, AlertKind } from '../../contract/alert-rule.ts';
import { drift } from './drift.ts';
import type { DeviceFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** @param fires does the alert on this subject fire already? (hysteresis) */
type Look = (
  condition: AlertCondition,
  facts: DeviceFacts,
  now: number,
  fires: (subject: string) => boolean,
) => Finding[] | Promise<Finding[]>;

const one = (holds: boolean, text: string, more: Partial<Finding> = {}): Finding[] => [
  { subject: '', holds, text, ...more },
];

/** Above the threshold; once it fires, not at or below `clear`. */
function isAbove(value: number, { above = 0, clear }: AlertCondition, fires: boolean): boolean {
  return fires && clear !== undefined ? value > clear : value > above;
}

const offline: Look = (_, { online, lastSeenAt, watchedSince }) => {
  // After a start of the hub nobody is connected yet: who was seen before gets the time to come back.
  const since = Math.max(lastSeenAt, watchedSince);
  return one(!online, online ? 'is connected' : `is offline since ${new Date(since).toISOString()}`, { since });
};

const buffer: Look = (condition, { report }, _now, fires) => {
  const waiting = report()?.outbox.waiting;
  if (waiting === undefined) return [];
  return one(isAbove(waiting, condition, fires('')), `${waiting} records wait on the device`);
};

const disk: Look = ({ below = 0, clear }, { report }, _now, fires) => {
  const found = report()?.disk;
  if (!found) return [];
  const { freeMb, totalMb } = found;
  const limit = fires('') ? (clear ?? below) : below;
  return one(freeMb < limit, `${freeMb} of ${totalMb} MiB are free on the disk of its data folder`);
};

const clock: Look = (condition, { report }, _now, fires) => {
  const off = report()?.clock?.offsetMs;
  if (off === undefined) return [];
  return one(isAbove(Math.abs(off), condition, fires('')), `its clock is ${Math.round(off)} ms off`);
};

const certificate: Look = async ({ days = 0 }, { certificateEndsAt }, now) => {
  const end = await certificateEndsAt();
  if (end === undefined) return [];
  const from = end - days * DAY_MS;
  const text = `its certificate ends at ${new Date(end).toISOString()}`;
  return one(now >= from, text, now < from ? { nextAt: from } : {});
};

const version: Look = ({ version: wanted = '' }, { version: found }) =>
  found === undefined ? [] : one(isOlder(found, wanted), `runs version ${found}, not ${wanted} or newer`);

const stream: Look = ({ stream: wanted, states = [] }, { report }) =>
  (report()?.streams ?? [])
    .filter(({ id }) => wanted === undefined || id === wanted)
    .map(({ id, state, error }) => ({
      subject: id,
      holds: states.includes(state),
      text: `is ${state}${error === undefined ? '' : `: ${error}`}`,
    }));

const pictureTexts: Readonly<Record<PictureFault, string>> = {
  frozen: 'gives the same picture again and again',
  covered: 'sees nothing any more: something covers the camera',
  dark: 'went dark: something covers the camera, or the light is out',
};

const picture: Look = ({ stream: wanted, faults = [] }, { report }) =>
  (report()?.streams ?? [])
    .filter(({ id, kind = 'picture' }) => kind === 'picture' && (wanted === undefined || id === wanted))
    .map(({ id, picture: fault }) => ({
      subject: id,
      holds: fault !== undefined && faults.includes(fault),
      text: fault === undefined ? 'gives good pictures' : pictureTexts[fault],
    }));

const absence: Look = ({ stream: wanted, of, afterS = 0 }, { lastRecordAt, watchedSince }, now) => {
  const last = Math.max(lastRecordAt(wanted, of) ?? 0, watchedSince);
  const end = last + afterS * 1000;
  const holds = now >= end;
  const text = `no ${of ?? 'record'} since ${new Date(last).toISOString()}`;
  return [{ subject: wanted ?? '', holds, text, ...(holds ? {} : { nextAt: end }) }];
};

const looks: Partial<Record<AlertKind, Look>> = {
  offline,
  buffer,
  disk,
  clock,
  certificate,
  version,
  stream,
  picture,
  drift,
  absence,
};

/** What a condition finds on a device; undefined: it is one on records. */
export async function look(
  condition: AlertCondition,
  ...about: Parameters<Look> extends [unknown, ...infer R] ? R : never
) {
  return looks[condition.kind]?.(condition, ...about);
}

/** Numbers with dots; what follows them (`-rc.1`) does not count. */
export function isOlder(found: string, wanted: string): boolean {
  const parts = (text: string) => (/^\d+(\.\d+)*/.exec(text)?.[0] ?? '').split('.').map(Number);
  const [a, b] = [parts(found), parts(wanted)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
