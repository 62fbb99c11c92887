/**
 * Shows a sequence of JPEG pictures with their detections on one canvas, crisp at any pixel density.
 *
 * 1. At most one picture is being decoded and one waits; a newer one takes the place of the waiting one, so that a slow
 *    machine skips pictures instead of lagging behind.
 * 2. At most one decoded picture is held; it is closed when the next takes its place and in `close`.
 * 3. After `close` nothing is drawn.
 */
import type { LivePicture } from '../hub/picture.ts';
import { fitInto, type Size } from './geometry.ts';
import { drawDetections, drawRules, type Layers, type RuleShape } from './overlay.ts';

export interface PainterOptions {
  readonly canvas: HTMLCanvasElement;
  readonly decode: (jpeg: Blob) => Promise<ImageBitmap>;
  /** After each new picture. */
  readonly onDrawn: (picture: LivePicture) => void;
  /** A picture that is not a readable JPEG. */
  readonly onBroken: () => void;
}

interface Shown {
  readonly picture: LivePicture;
  readonly bitmap: ImageBitmap;
}

export class Painter {
  readonly #options: PainterOptions;
  #shown: Shown | undefined;
  #waiting: LivePicture | undefined;
  #isDecoding = false;
  #isClosed = false;
  #area: Size = { width: 0, height: 0 };
  #layers: Layers = { boxes: true, labels: true, rules: true };
  #rules: readonly RuleShape[] = [];

  constructor(options: PainterOptions) {
    this.#options = options;
  }

  show(picture: LivePicture): void {
    this.#waiting = picture;
    if (!this.#isDecoding) void this.#decodeAll();
  }

  /** What is drawn over the picture; it is drawn again at once. */
  overlay(layers: Layers, rules: readonly RuleShape[]): void {
    this.#layers = layers;
    this.#rules = rules;
    this.#draw();
  }

  /** @param area of the canvas in CSS pixels; `density` device pixels in one of them */
  resize(area: Size, density: number): void {
    const { canvas } = this.#options;
    const width = Math.round(area.width * density);
    const height = Math.round(area.height * density);
    this.#area = area;
    if (canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d')?.setTransform(density, 0, 0, density, 0, 0);
    this.#draw();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = undefined;
    this.#replace(undefined);
  }

  async #decodeAll(): Promise<void> {
    this.#isDecoding = true;
    for (let picture = this.#waiting; picture; picture = this.#waiting) {
      this.#waiting = undefined;
      try {
        const bitmap = await this.#options.decode(new Blob([picture.jpeg], { type: 'image/jpeg' }));
        if (this.#isClosed) bitmap.close();
        else {
          this.#replace({ picture, bitmap });
          this.#draw();
          this.#options.onDrawn(picture);
        }
      } catch {
        this.#options.onBroken();
      }
    }
    this.#isDecoding = false;
  }

  #replace(next: Shown | undefined): void {
    this.#shown?.bitmap.close();
    this.#shown = next;
  }

  #draw(): void {
    const canvas = this.#options.canvas.getContext('2d');
    if (!canvas || this.#isClosed || this.#area.width === 0) return;
    canvas.clearRect(0, 0, this.#area.width, this.#area.height);
    const shown = this.#shown;
    if (!shown) return;
    const within = fitInto(shown.bitmap, this.#area);
    canvas.imageSmoothingQuality = 'high';
    canvas.drawImage(shown.bitmap, within.x, within.y, within.width, within.height);
    if (this.#layers.rules) drawRules(canvas, within, this.#rules);
    drawDetections(canvas, within, shown.picture.header.detections, this.#layers);
  }
}
