/**
 * What a broker shall keep, and what it has been sent of it. No effects.
 *
 * 1. `next` gives each topic whose wanted payload is another than the one that the broker has; first what was wanted first.
 * 2. A payload that changes while it is on its way is given again. 3. Of what was sent only a digest is remembered.
 */
import { createHash } from 'node:crypto';

/** An empty payload clears the topic (MQTT 3.1.1, 3.3.1.3). */
export interface Kept {
  readonly topic: string;
  readonly payload: string;
}

export class Pending {
  readonly #wanted = new Set<string>();
  readonly #waiting = new Map<string, string>();
  /** Digests of what the broker has. */
  readonly #sent = new Map<string, string>();

  /** How many topics wait. */
  get size(): number {
    return this.#waiting.size;
  }

  set(topic: string, payload: string): void {
    this.#wanted.add(topic);
    if (this.#sent.get(topic) === digestOf(payload)) this.#waiting.delete(topic);
    else this.#waiting.set(topic, payload);
  }

  /** Somebody else sends it: it is not cleared. */
  allow(topic: string): void {
    this.#wanted.add(topic);
  }

  remove(topic: string): void {
    this.#wanted.delete(topic);
    this.#waiting.set(topic, '');
  }

  /** The broker keeps something there: it is cleared when nobody wants it. */
  seen(topic: string): void {
    if (!this.#wanted.has(topic)) this.#waiting.set(topic, '');
  }

  /** The broker may have lost everything. What is wanted has to be set again. */
  forget(): void {
    this.#sent.clear();
  }

  next(): Kept | undefined {
    const [first] = this.#waiting;
    return first && { topic: first[0], payload: first[1] };
  }

  sent({ topic, payload }: Kept): void {
    if (this.#waiting.get(topic) === payload) this.#waiting.delete(topic);
    if (payload === '') this.#sent.delete(topic);
    else this.#sent.set(topic, digestOf(payload));
  }
}

function digestOf(payload: string): string {
  return createHash('sha256').update(payload).digest('base64');
}
