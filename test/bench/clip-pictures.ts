/** The frames of a clip as JPEG pictures, one after the other, as a sample would carry them. */
import { createPictureMaker } from '../../shared/engine/frames/picture.ts';
import { allocFrame, openVideo } from '../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../shared/engine/frames/redact.ts';

/** @param maxSide of the pictures, in pixels */
export async function* picturesOf(clip: string, maxSide: number): AsyncGenerator<Uint8Array> {
  const reader = await openVideo(
    { from: 'file', url: clip, shown: clip, waits: false },
    { onUndecodable: () => undefined },
  );
  const redactor = createRedactor(NOTHING_HIDDEN);
  const maker = createPictureMaker();
  const frame = allocFrame();
  try {
    while ((await reader.next(frame)) !== undefined)
      yield Uint8Array.from(maker.crop(redactor.redact(frame), [0, 0, 1, 1], maxSide).jpeg);
  } finally {
    frame.free();
    for (const part of [maker, redactor, reader]) part.close();
  }
}
