/** Painting over parts of one plane of a picture. A plane's rows may be longer than the picture; `samples` lie side by side. */
import type { Span } from './mask-spans.ts';

export interface Plane {
  readonly bytes: Uint8Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Of the plane, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Bytes of a pixel: two where both colour differences share a plane. */
  readonly samples: number;
}

/** Pixels of the plane; right and bottom are exclusive. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** An object is shown by so few squares along its shorter side that nobody is recognised. */
const SQUARES = 5;
const LEAST_SQUARE = 8;

export function fillSpans({ bytes, stride, samples }: Plane, spans: readonly Span[], value: number): void {
  for (const { row, from, to } of spans) bytes.fill(value, row * stride + from * samples, row * stride + to * samples);
}

export function fillArea(plane: Plane, { left, top, right, bottom }: Area, value: number): void {
  for (let row = top; row < bottom; row++) {
    plane.bytes.fill(value, row * plane.stride + left * plane.samples, row * plane.stride + right * plane.samples);
  }
}

/** @param shrink by how much the plane is smaller than the picture: its squares are smaller too */
export function mosaicArea(plane: Plane, area: Area, shrink: number): void {
  const shorter = Math.min(area.right - area.left, area.bottom - area.top);
  const side = Math.max(LEAST_SQUARE / shrink, Math.ceil(shorter / SQUARES));
  for (let top = area.top; top < area.bottom; top += side) {
    for (let left = area.left; left < area.right; left += side) {
      const square = { left, top, right: Math.min(area.right, left + side), bottom: Math.min(area.bottom, top + side) };
      for (let sample = 0; sample < plane.samples; sample++) level(plane, square, sample);
    }
  }
}

function level({ bytes, stride, samples }: Plane, { left, top, right, bottom }: Area, sample: number): void {
  let sum = 0;
  for (let row = top; row < bottom; row++)
    for (let x = left; x < right; x++) sum += bytes[row * stride + x * samples + sample] ?? 0;
  const mean = Math.round(sum / ((right - left) * (bottom - top)));
  for (let row = top; row < bottom; row++)
    for (let x = left; x < right; x++) bytes[row * stride + x * samples + sample] = mean;
}
