/** Long enough for a busy machine; a mutation run, where what is waited for often never comes, says less. */
const WAIT_LIMIT_MS = Number(process.env.VEDETTE_UNTIL_MS ?? 20_000);

/** Waits for something outside of the test's reach (another process) to become true; fails with what was last seen. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string,
  timeoutMs = WAIT_LIMIT_MS,
): Promise<NonNullable<Awaited<T>>> {
  const end = Date.now() + timeoutMs;
  let seen: unknown;
  for (;;) {
    try {
      seen = await look();
    } catch (error) {
      seen = error;
    }
    if (seen && !(seen instanceof Error)) return seen as NonNullable<Awaited<T>>;
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${String(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
