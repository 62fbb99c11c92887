/** Draws the mask of an object as a veil, and its keypoints with their bones. Units: CSS pixels of the canvas. */
import type { Details } from '../../../shared/contract/messages/detail.ts';
import { figureOf, type Joint } from '../../../shared/contract/skeleton.ts';
import { placePoint, type Rect } from './geometry.ts';

const VEIL = 0.3;
const JOINT_RADIUS = 3;

export function drawDetails(
  canvas: CanvasRenderingContext2D,
  within: Rect,
  { keypoints = [], mask = [] }: Details,
  colour: string,
): void {
  if (mask.length > 0) {
    canvas.beginPath();
    for (const ring of mask) {
      for (const [i, point] of ring.entries()) canvas[i === 0 ? 'moveTo' : 'lineTo'](...placePoint(point, within));
      canvas.closePath();
    }
    canvas.globalAlpha = VEIL;
    canvas.fillStyle = colour;
    // A ring within another is a hole.
    canvas.fill('evenodd');
    canvas.globalAlpha = 1;
    canvas.strokeStyle = colour;
    canvas.lineWidth = 1;
    canvas.stroke();
  }
  const { joints, bones } = figureOf(keypoints);
  const place = ({ x, y }: Joint) => placePoint([x, y], within);
  canvas.strokeStyle = colour;
  canvas.lineWidth = 2;
  for (const [from, to] of bones) {
    canvas.beginPath();
    canvas.moveTo(...place(from));
    canvas.lineTo(...place(to));
    canvas.stroke();
  }
  canvas.fillStyle = colour;
  for (const joint of joints) {
    canvas.beginPath();
    canvas.arc(...place(joint), JOINT_RADIUS, 0, 2 * Math.PI);
    canvas.fill();
  }
}
