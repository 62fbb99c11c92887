/**
 * The pulse of a decode thread, in memory that it shares with its runner: a thread that hangs in a file cannot say so, and who
 * looks must not wait for it.
 */
const BEAT = 0;
const BUSY_WITH = 1;

/** On the thread's side. */
export interface Pulse {
  beat(): void;
  /** The thread is about to do something for this stream that may block. */
  busyWith(seat: number): void;
}

export function newPulse(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

export function pulseOf(memory: SharedArrayBuffer): Pulse {
  const cells = new Int32Array(memory);
  return {
    beat: () => void Atomics.add(cells, BEAT, 1),
    busyWith: (seat) => void Atomics.store(cells, BUSY_WITH, seat),
  };
}

/** On the runner's side; to be called at even intervals. */
export interface PulseReader {
  /** How many times in a row there was no beat since the time before; before the first beat a thread only starts. */
  missed(): number;
  /** What the thread did last. */
  busyWith(): number;
}

export function readPulse(memory: SharedArrayBuffer): PulseReader {
  const cells = new Int32Array(memory);
  let seen = 0;
  let missed = 0;
  return {
    missed() {
      const beats = Atomics.load(cells, BEAT);
      missed = beats === seen && beats > 0 ? missed + 1 : 0;
      seen = beats;
      return missed;
    },
    busyWith: () => Atomics.load(cells, BUSY_WITH),
  };
}
