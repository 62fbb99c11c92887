/** What is wrong with a device, in words: pure. */
import type { StreamReport } from '../../../shared/contract/messages/report.ts';
import type { Device } from '../../contract/device.ts';

export interface Ailment {
  readonly level: 'bad' | 'warn';
  /** A word or two for the list. */
  readonly text: string;
  readonly detail: string;
}

/** The most records that wait in an outbox of a device that is well. */
const MANY_WAITING = 1000;

/** A camera that is tried again for so long is dead, not slow. */
const DEAD_AFTER_S = 60;

/** How a stream of a device that is online is: for its dot, its chip and the list of ailments. */
export function levelOf({
  state,
  stateS = 0,
  picture,
}: Pick<StreamReport, 'state' | 'stateS' | 'picture'>): 'good' | 'warn' | 'bad' | 'off' {
  if (state === 'running' && picture !== undefined) return 'bad';
  if (state === 'waiting') return stateS >= DEAD_AFTER_S ? 'bad' : 'warn';
  const levels = { running: 'good', starting: 'warn', stalled: 'bad', refused: 'bad', ended: 'off' } as const;
  return levels[state];
}

const SEVERITY = { bad: 0, warn: 1, off: 2, good: 3 } as const;

/** Streams that are not well come first; the others stay in their order. */
export function worstFirst(streams: readonly StreamReport[]): readonly StreamReport[] {
  return streams.toSorted((a, b) => SEVERITY[levelOf(a)] - SEVERITY[levelOf(b)]);
}

/** The dot of a device: as bad as its worst stream that should give something. */
export function dotOf({ online, streams }: Pick<Device, 'online' | 'streams'>): 'good' | 'warn' | 'bad' | 'off' {
  if (!online) return 'off';
  const levels = streams.map(levelOf);
  return levels.includes('bad') ? 'bad' : levels.includes('warn') ? 'warn' : 'good';
}

/** @param problems error and loss records of the last hour */
export function ailmentsOf(device: Device, problems: number): readonly Ailment[] {
  const found: Ailment[] = [];
  if (!device.online) {
    const detail = device.lastSeenAt
      ? 'The device is not connected to the hub.'
      : 'The device has never connected to the hub.';
    found.push({ level: 'bad', text: device.lastSeenAt ? 'offline' : 'never seen', detail });
  }
  for (const stream of device.streams) {
    const level = levelOf(stream);
    if (level !== 'bad' && stream.state !== 'waiting') continue;
    const { id, state, picture, error = 'The device gave no reason.' } = stream;
    found.push({
      level: level === 'bad' ? 'bad' : 'warn',
      text: `${id} ${picture ?? state}`,
      detail: picture === undefined ? error : pictureText[picture],
    });
  }
  if (device.pausedUntil !== undefined)
    found.push({
      level: 'warn',
      text: 'quota used up',
      detail: `The hub stores no more of this device until ${device.pausedUntil}. Its records wait on the device.`,
    });
  const waiting = device.outbox?.waiting ?? 0;
  if (waiting > MANY_WAITING)
    found.push({ level: 'warn', text: 'backlog', detail: `${waiting} records are waiting to be sent to the hub.` });
  if (problems > 0) {
    const text = problems === 1 ? '1 error' : `${problems} errors`;
    found.push({ level: 'warn', text, detail: `${text} or losses in the last hour.` });
  }
  return found;
}

const pictureText = {
  frozen: 'The camera gives the same picture again and again: restart it.',
  covered: 'The camera sees nothing any more: something covers it.',
  dark: 'The picture went dark: something covers the camera, or the light is out.',
} as const;

/** `yolox-nano@1.0.0 (int8)`. */
export function modelText(model: { name: string; version: string; variant: string }): string {
  return `${model.name}@${model.version} (${model.variant})`;
}
