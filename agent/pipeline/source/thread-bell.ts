/**
 * A bell between two threads: one rings, the other sleeps until it rings or a time has passed. A thread that blocks in
 * FFmpeg has no event loop to be woken by.
 */
export interface Bell {
  readonly memory: SharedArrayBuffer;
  ring(): void;
  /** Sleeps until the bell has rung since the last `wait`, at most `ms`. */
  wait(ms: number): void;
}

export function createBell(memory = new SharedArrayBuffer(4)): Bell {
  const cell = new Int32Array(memory);
  let heard = Atomics.load(cell, 0);
  return {
    memory,
    ring() {
      Atomics.add(cell, 0, 1);
      Atomics.notify(cell, 0);
    },
    wait(ms) {
      if (ms > 0) Atomics.wait(cell, 0, heard, ms);
      heard = Atomics.load(cell, 0);
    },
  };
}
