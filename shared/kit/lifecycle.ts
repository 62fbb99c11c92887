/** Starting and stopping parts in order: what was started last is stopped first. */
export interface Part {
  start?(): Promise<void> | void;
  stop(): Promise<void> | void;
}

/**
 * Starts parts in order. When one fails, those before it are stopped and the failure is thrown.
 * @returns a function that stops all of them, last first; it may be called twice and reports the first failure after
 * every part has been asked.
 */
export async function startAll(parts: readonly Part[]): Promise<() => Promise<void>> {
  const started: Part[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(started);
    return stopping;
  };
  try {
    for (const part of parts) {
      started.push(part);
      await part.start?.();
    }
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return stop;
}

async function stopAll(started: readonly Part[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of started.toReversed()) {
    try {
      await part.stop();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
