/** The network's edge, faked: a connection whose every publish waits until a test says what became of it. */
import type { Link, LinkMessage, MessageListener } from '../../../shared/kit/link.ts';

export interface Published {
  readonly message: LinkMessage;
  /** The broker has confirmed it. */
  confirm(): void;
  fail(reason: string): void;
  readonly open: boolean;
}

export class FakeLink implements Link {
  up = false;
  /** All that was ever published, oldest first. */
  readonly published: Published[] = [];
  readonly subscribed: { readonly filter: string; readonly qos: 0 | 1 }[] = [];
  readonly #onMessage = new Set<MessageListener>();
  readonly #onUp = new Set<() => void>();
  readonly #onDown = new Set<() => void>();

  /** Those that are neither confirmed nor failed. */
  get pending(): Published[] {
    return this.published.filter((one) => one.open);
  }

  get listeners(): number {
    return this.#onMessage.size + this.#onUp.size + this.#onDown.size;
  }

  connect(): void {
    if (this.up) return;
    this.up = true;
    for (const listener of this.#onUp) listener();
  }

  /** What was on its way fails, as with the real link. */
  cut(): void {
    if (!this.up) return;
    this.up = false;
    for (const listener of this.#onDown) listener();
    for (const one of this.pending) one.fail('the connection was lost');
  }

  send(topic: string, payload: Buffer): void {
    for (const listener of this.#onMessage) listener(topic, payload, false);
  }

  start(): void {
    this.connect();
  }

  hold(): void {}

  async stop(): Promise<void> {
    this.cut();
  }

  publish(message: LinkMessage): Promise<void> {
    if (!this.up) return Promise.reject(new Error('not connected'));
    return new Promise((resolve, reject) => {
      let open = true;
      const end = (settle: () => void) => {
        if (open) settle();
        open = false;
      };
      this.published.push({
        message,
        confirm: () => end(resolve),
        fail: (reason) => end(() => reject(new Error(reason))),
        get open() {
          return open;
        },
      });
    });
  }

  subscribe(filter: string, qos: 0 | 1): void {
    this.subscribed.push({ filter, qos });
  }

  onMessage(listener: MessageListener): () => void {
    return keep(this.#onMessage, listener);
  }

  onUp(listener: () => void): () => void {
    return keep(this.#onUp, listener);
  }

  onDown(listener: () => void): () => void {
    return keep(this.#onDown, listener);
  }
}

function keep<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
