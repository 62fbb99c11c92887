/** Pictures one after the other over HTTP: `multipart/x-mixed-replace` (RFC 2046 multipart, as cameras and browsers speak it). */
import { PassThrough, type Readable } from 'node:stream';
import type { Clock } from '../../shared/kit/clock.ts';

const BOUNDARY = 'vedette-picture';
export const MJPEG_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/** A client that takes nothing for so long is let go. */
const STUCK_MS = 10_000;

export interface PictureStream {
  readonly body: Readable;
  /** Sends a picture, unless the one before is still on its way: a slow client sees fewer pictures, not old ones. */
  push(jpeg: Uint8Array): void;
  end(): void;
}

export function createPictureStream(clock: Clock): PictureStream {
  const body = new PassThrough();
  let stuckSince: number | undefined;
  // The boundary follows each picture at once: a browser shows a part when it sees the end of it.
  body.write(`--${BOUNDARY}\r\n`);
  return {
    body,
    push(jpeg) {
      if (body.destroyed || body.writableEnded) return;
      if (body.writableNeedDrain) {
        stuckSince ??= clock.mono();
        if (clock.mono() - stuckSince > STUCK_MS) body.destroy();
        return;
      }
      stuckSince = undefined;
      body.write(`Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
      body.write(jpeg);
      body.write(`\r\n--${BOUNDARY}\r\n`);
    },
    end: () => void body.end(),
  };
}
