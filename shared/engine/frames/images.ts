/** A folder of images: each is a frame, in the order of their names (2.png before 10.png). */
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { CodedError, messageOf } from '../../kit/errors.ts';
import { type Frame, openVideo, type ReaderOptions, type VideoReader } from './reader.ts';

const ENDINGS = ['.jpg', '.jpeg', '.png', '.webp', '.bmp'];
const FPS = 10;

/**
 * @param fps at which the images are played
 * @throws CodedError `source-open` when the folder cannot be read, `source-no-video` when no image is in it
 */
export async function openImages(folder: string, fps = FPS, options: ReaderOptions): Promise<VideoReader> {
  const files = imagesIn(folder);
  if (files.length === 0) {
    throw new CodedError('source-no-video', `${folder}: holds no image; looked for ${ENDINGS.join(', ')}`);
  }
  const open = (file: string, onUndecodable: (message: string) => void) => {
    const url = join(folder, file);
    return openVideo({ from: 'file', url, shown: url, waits: false }, { ...options, onUndecodable });
  };
  /** One image; nothing when it cannot be decoded, which is reported once. */
  const decode = async (file: string, frame: Frame): Promise<boolean> => {
    let why = 'holds no picture';
    let reader: VideoReader | undefined;
    try {
      reader = await open(file, (message) => {
        why = message;
      });
      if ((await reader.next(frame)) !== undefined) {
        reader.upright(frame);
        return true;
      }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      why = messageOf(error);
    } finally {
      reader?.close();
    }
    options.onUndecodable(`${file}: ${why}`);
    return false;
  };
  const { width, height, decoder } = await sizeOf(files, open);
  let next = 0;
  return {
    // An image that cannot be decoded is reported by itself; the rest of the folder goes on.
    info: { width, height, fps, frames: 0, durationMs: (files.length * 1000) / fps, decoder },
    skipped: () => 0,
    upright: () => undefined,
    shortfall: () => undefined,
    async next(frame) {
      for (let file = files[next]; file !== undefined; file = files[next]) {
        const ptsMs = (next++ * 1000) / fps;
        if (await decode(file, frame)) return ptsMs;
      }
      return undefined;
    },
    close: () => undefined,
  };
}

/** Of the first image that can be opened. */
async function sizeOf(
  files: readonly string[],
  open: (file: string, onUndecodable: () => void) => Promise<VideoReader>,
) {
  let failure: unknown;
  for (const file of files) {
    try {
      const reader = await open(file, () => undefined);
      reader.close();
      return reader.info;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function imagesIn(folder: string): string[] {
  const order = new Intl.Collator('en', { numeric: true });
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && ENDINGS.includes(extname(entry.name).toLowerCase()))
      .map((entry) => entry.name)
      .toSorted(order.compare);
  } catch (error) {
    throw new CodedError('source-open', `cannot open ${folder}: ${messageOf(error)}`);
  }
}
