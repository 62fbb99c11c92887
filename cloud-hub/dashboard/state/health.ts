/** What is wrong with a device, in words: pure. */
import type { Device } from '../../api/schemas/api.ts';

export interface Ailment {
  readonly level: 'bad' | 'warn';
  /** A word or two for the list. */
  readonly text: string;
  readonly detail: string;
}

/** The most records that wait in an outbox of a device that is well. */
const MANY_WAITING = 1000;

/** @param troubles error and loss records of the last hour */
export function ailmentsOf(device: Device, troubles: number): readonly Ailment[] {
  const found: Ailment[] = [];
  if (!device.online) {
    const detail = device.lastSeenAt ? 'The device is not connected to the hub.' : 'It has never been here.';
    found.push({ level: 'bad', text: device.lastSeenAt ? 'offline' : 'never seen', detail });
  }
  for (const stream of device.streams) {
    if (stream.state !== 'refused' && stream.state !== 'waiting') continue;
    const detail = stream.error ?? 'The device gave no reason.';
    const level = stream.state === 'refused' ? 'bad' : 'warn';
    found.push({ level, text: `${stream.id} ${stream.state}`, detail });
  }
  const waiting = device.outbox?.waiting ?? 0;
  if (waiting > MANY_WAITING)
    found.push({ level: 'warn', text: 'backlog', detail: `${waiting} records wait to be sent to the hub.` });
  if (troubles > 0) {
    const text = troubles === 1 ? '1 error' : `${troubles} errors`;
    found.push({ level: 'warn', text, detail: `${text} or losses in the last hour.` });
  }
  return found;
}

/** `yolox-nano@1.0.0 (int8)`. */
export function modelText(model: { name: string; version: string; variant: string }): string {
  return `${model.name}@${model.version} (${model.variant})`;
}
