/** A body that is streamed: its digest, worked out while somebody else reads it. */
import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Tapped {
  /** To be read instead of the body. */
  readonly body: Readable;
  /** Of what has come; of all when the body has ended. */
  digest(): string;
  /** Reads the rest, for the digest alone. @throws what the body fails with */
  drain(): Promise<void>;
}

export function tap(source: Readable): Tapped {
  const hash = createHash('sha256');
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  // Whoever reads the body is told of a failure by the body itself.
  const ended = pipeline(source, body).catch(() => undefined);
  return {
    body,
    digest: () => hash.copy().digest('hex'),
    async drain() {
      body.resume();
      await ended;
      if (body.errored) throw body.errored;
    },
  };
}
