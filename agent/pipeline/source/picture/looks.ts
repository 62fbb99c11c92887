/** Shows a watch the pictures that it wants, and says what it finds. */
import type { PictureFault } from '../../../../shared/contract/messages/report.ts';
import { createPixelScaler } from '../../../../shared/engine/frames/pixels.ts';
import type { Frame } from '../../../../shared/engine/frames/reader.ts';
import type { PictureWatch } from '../../stage.ts';

/** Who begins to listen later hears it too. */
const AGAIN_MS = 60_000;

/** @param say called when what is found changes, and each minute */
export function createLooks(watch: PictureWatch, say: (fault: PictureFault | undefined) => void) {
  const scaler = createPixelScaler();
  let last: PictureFault | undefined;
  let saidAt: number | undefined;
  return {
    /** @param atMs `Clock.mono` when it came */
    look(picture: Frame, atMs: number): void {
      if (!watch.due(atMs)) return;
      const { width, height } = watch.plane;
      let luma: Uint8Array | undefined;
      try {
        [luma] = scaler.scale(picture, width, height, 'gray');
      } catch {
        // Who wants it for the model says that it cannot be scaled.
        return;
      }
      if (!luma) return;
      const fault = watch.see(luma, atMs);
      saidAt ??= atMs;
      if (fault === last && atMs - saidAt < AGAIN_MS) return;
      last = fault;
      saidAt = atMs;
      say(fault);
    },
    close: scaler.close,
  };
}
