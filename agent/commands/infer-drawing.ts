/**
 * `infer --draw`: the results over the pictures that they are about. The source is read a second time, after the model is done
 * with it, so that drawing slows nothing down and every picture is there; so it must be a file or a folder.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { createAnnotator } from '../../shared/engine/drawing/annotate.ts';
import type { Captioned } from '../../shared/engine/drawing/overlay.ts';
import { rgbOf } from '../../shared/engine/drawing/rgb.ts';
import { openImages } from '../../shared/engine/frames/images.ts';
import { createPictureMaker, type Picture } from '../../shared/engine/frames/picture.ts';
import { allocFrame, openVideo } from '../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../shared/engine/frames/redact.ts';
import { openVideoWriter, type VideoWriter } from '../../shared/engine/frames/video-writer.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { localKind } from '../../shared/kit/local-path.ts';

/** What is drawn over one frame. */
export interface DrawnFrame {
  readonly ptsMs: number;
  readonly objects: readonly Detection[];
  readonly outcome: Captioned;
}

/** As large as a screen shows without scrolling. */
const LONGEST_SIDE = 1280;
const VIDEO = /\.(mp4|mkv|mov)$/i;

export interface Drawer {
  /** @param result of a frame, by its number in the source */
  add(result: DrawnFrame & { readonly frame: number }): void;
  /** Draws all that was added. @returns how many pictures it wrote */
  finish(): Promise<number>;
}

/**
 * @param target a video (`.mp4`, `.mkv`, `.mov`), or a folder for one JPEG per frame, which is made
 * @throws CodedError `source-open` for a source that cannot be read twice, or a target that cannot be written
 */
export async function createDrawer(source: string, target: string): Promise<Drawer> {
  if (/^(\w+:|-$|\/dev\/)/.test(source))
    throw new CodedError(
      'source-open',
      `--draw reads its source twice: ${source} is no file and no folder of pictures`,
    );
  const kind = await localKind(source, ['file', 'folder']);
  const video = VIDEO.test(target);
  await prepare(target, video);
  const frames = new Map<number, DrawnFrame>();
  return {
    add({ frame, ptsMs, objects, outcome }) {
      // Vectors are not drawn, and would fill the memory.
      frames.set(frame, { ptsMs, objects, outcome: outcome.task === 'embed' ? { task: 'embed' } : outcome });
    },
    finish: () => draw(source, kind === 'folder', frames, video ? videoSink(target) : folderSink(target)),
  };
}

interface Sink {
  put(frame: number, ptsMs: number, jpeg: Uint8Array, size: Picture): Promise<void>;
  close(): Promise<void>;
}

async function draw(
  source: string,
  folder: boolean,
  frames: ReadonlyMap<number, DrawnFrame>,
  sink: Sink,
): Promise<number> {
  const options = { onUndecodable: () => undefined };
  const reader = folder
    ? await openImages(source, undefined, options)
    : await openVideo({ from: 'file', url: source, shown: source, waits: false }, options);
  const pictures = createPictureMaker();
  const redactor = createRedactor(NOTHING_HIDDEN);
  const annotate = createAnnotator();
  const frame = allocFrame();
  let written = 0;
  try {
    for (let index = 0; written < frames.size; index++) {
      if ((await reader.next(frame)) === undefined) break;
      const drawn = frames.get(index);
      if (!drawn) continue;
      reader.upright(frame);
      const picture = pictures.crop(redactor.redact(frame), [0, 0, 1, 1], LONGEST_SIDE);
      const header = { width: picture.width, height: picture.height, detections: drawn.objects };
      const jpeg = await annotate(picture.jpeg, { header, rules: [], result: drawn });
      await sink.put(index, drawn.ptsMs, jpeg, picture);
      written++;
    }
  } finally {
    pictures.close();
    redactor.close();
    frame.free();
    reader.close();
    await sink.close();
  }
  return written;
}

function folderSink(target: string): Sink {
  return {
    put: (frame, _ptsMs, jpeg) => writeFile(path.join(target, `${String(frame).padStart(6, '0')}.jpg`), jpeg),
    close: () => Promise.resolve(),
  };
}

function videoSink(target: string): Sink {
  let writer: VideoWriter | undefined;
  let size = { width: 0, height: 0 };
  return {
    async put(_frame, ptsMs, jpeg, picture) {
      if (!writer) size = { width: picture.width, height: picture.height };
      writer ??= await openVideoWriter(target, size);
      // A clip may change its size; a video keeps the first.
      await writer.add(await rgbOf(jpeg, size), ptsMs);
    },
    close: async () => writer?.close(),
  };
}

/** Refuses what could not be written before the model has run for minutes. */
async function prepare(target: string, video: boolean): Promise<void> {
  const refuse = (why: string) => new CodedError('source-open', `--draw ${target}: ${why}`);
  try {
    if (!video) await mkdir(target, { recursive: true });
    else if (!(await stat(path.dirname(path.resolve(target)))).isDirectory()) throw new Error('its folder is a file');
  } catch (error) {
    throw refuse(messageOf(error));
  }
}
