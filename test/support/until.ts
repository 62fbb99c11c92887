/** Waits for something outside of the test's reach (another process) to become true; fails with what was last seen. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string,
  timeoutMs = 20_000,
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
