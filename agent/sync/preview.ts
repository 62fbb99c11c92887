/** Sends preview pictures. A picture is of use only now, so it is dropped instead of queued. */
import { channels, topicOf } from '../../shared/contract/channels.ts';
import type { Link } from '../../shared/kit/link.ts';

export class PreviewSender {
  readonly #link: Link;
  readonly #topic: string;
  #writing = false;

  constructor(device: string, link: Link) {
    this.#link = link;
    this.#topic = topicOf(device, 'preview');
  }

  /**
   * @param payload what `encodePicture` made
   * @returns whether it was sent: not while offline, while the one before is being written, or when it is too large
   */
  send(payload: Buffer): boolean {
    const { qos, retain, maxBytes } = channels.preview;
    if (!this.#link.up || this.#writing || payload.length > maxBytes) return false;
    this.#writing = true;
    this.#link
      .publish({ topic: this.#topic, payload, qos, retain })
      .catch(() => undefined) // A picture that is lost with the connection does not matter.
      .finally(() => {
        this.#writing = false;
      });
    return true;
  }
}
