/**
 * How each alert stands, by rule, device and subject, in memory: what fires is also a row of the store, and is read from there at
 * a start; what is pending begins anew.
 */
import type { AlertStore } from '../store/alerts.ts';
import type { Standing } from './machine.ts';

export interface Entry {
  readonly standing: Standing;
  /** Row of the alert, while it fires. */
  readonly row?: number | undefined;
  /** Did the condition hold when it was last looked at? */
  readonly holds: boolean;
  /** When it last held; milliseconds since 1970. */
  readonly lastAt: number;
  readonly text: string;
}

/** Of one rule on one device; more than it has streams, mostly. */
export const MOST_SUBJECTS = 256;

export class Standings {
  readonly #rules = new Map<string, Map<string, Map<string, Entry>>>();

  /** Those that fire, as the store has them. */
  static of(open: Awaited<ReturnType<AlertStore['open']>>): Standings {
    const all = new Standings();
    for (const { id, rule, device, subject, since, changedAt, text } of open)
      all.set(rule, device, subject, {
        ...{ standing: { phase: 'firing', since }, row: id, holds: true, lastAt: changedAt, text },
      });
    return all;
  }

  get(rule: string, device: string, subject: string): Entry | undefined {
    return this.#rules.get(rule)?.get(device)?.get(subject);
  }

  /** Of a rule on a device, by subject. */
  of(rule: string, device: string): ReadonlyMap<string, Entry> {
    return this.#rules.get(rule)?.get(device) ?? new Map<string, Entry>();
  }

  /**
   * The subject under which something is kept: its own, and where a device has too many of a rule already (it chooses their names),
   * the device as a whole.
   */
  subjectFor(rule: string, device: string, subject: string): string {
    const known = this.of(rule, device);
    return known.size < MOST_SUBJECTS || known.has(subject) ? subject : '';
  }

  devicesOf(rule: string): string[] {
    return [...(this.#rules.get(rule)?.keys() ?? [])];
  }

  rules(): string[] {
    return [...this.#rules.keys()];
  }

  set(rule: string, device: string, subject: string, entry: Entry | undefined): void {
    const devices = this.#rules.get(rule) ?? new Map<string, Map<string, Entry>>();
    const subjects = devices.get(device) ?? new Map<string, Entry>();
    if (entry) subjects.set(subject, entry);
    else subjects.delete(subject);
    if (subjects.size > 0) devices.set(device, subjects);
    else devices.delete(device);
    if (devices.size > 0) this.#rules.set(rule, devices);
    else this.#rules.delete(rule);
  }
}
