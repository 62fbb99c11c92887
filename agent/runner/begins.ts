/** When the decoding of the last analysed frames began: for the traces of what was found in them. */

/** A picture of an event is made while the next frames are analysed. */
const REMEMBERED = 32;

export interface Begins {
  note(frame: number, startedAt: number): void;
  /** Of the frame that a record names. */
  of(body: object): { readonly begunAt?: number };
}

export function createBegins(): Begins {
  const frames = new Array<number>(REMEMBERED).fill(-1);
  const times = new Array<number>(REMEMBERED).fill(0);
  return {
    note(frame, startedAt) {
      frames[frame % REMEMBERED] = frame;
      times[frame % REMEMBERED] = startedAt;
    },
    of(body) {
      if (!('frame' in body) || typeof body.frame !== 'number') return {};
      const at = body.frame % REMEMBERED;
      const begunAt = times[at];
      return frames[at] === body.frame && begunAt !== undefined ? { begunAt } : {};
    },
  };
}
