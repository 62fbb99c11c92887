/** Entry of the process that draws: JPEG decoding, fonts and SVG stay out of the supervisor. It lives as long as its channel. */
import { createAnnotator } from '../../shared/engine/drawing/annotate.ts';
import type { Drawing } from '../../shared/engine/drawing/overlay.ts';
import { messageOf } from '../../shared/kit/errors.ts';

export interface ToAnnotate {
  readonly id: number;
  readonly jpeg: Uint8Array;
  readonly drawing: Drawing;
}

export type Annotated = { readonly id: number } & ({ readonly jpeg: Uint8Array } | { readonly fault: string });

const annotate = createAnnotator();

process.on('message', async ({ id, jpeg, drawing }: ToAnnotate) => {
  const answer = (annotated: Annotated) => process.send?.(annotated, () => undefined);
  try {
    answer({ id, jpeg: await annotate(jpeg, drawing) });
  } catch (error) {
    answer({ id, fault: messageOf(error) });
  }
});
process.once('disconnect', () => process.exit(0));
