/** Metadata over HTTP, bounded in bytes and in time: neither endless data nor a slow sender blocks a refresh. */
import { METADATA_PATH } from '../contract/delivery.ts';
import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import { TrustError } from './error.ts';
import type { Fetched, FetchMetadata } from './trust.ts';

/** Longest time for one file: 4 MiB come in it at 35 kB/s. */
const DEADLINE_MS = 120_000;

/**
 * @param hub address of the hub, for example https://hub.example
 * @param fetch over connections to whom it trusts
 * @param deadlineMs for one file, from the request to its last byte
 */
export function metadataOverHttp(
  hub: string,
  fetch: (url: URL, init: { signal: AbortSignal; redirect: 'error' }) => Promise<Response>,
  clock: Pick<Clock, 'after'>,
  deadlineMs = DEADLINE_MS,
): FetchMetadata {
  const base = new URL(METADATA_PATH, hub);
  return async (file, maxBytes) => {
    const target = new URL(encodeURIComponent(file), base);
    const abort = new AbortController();
    const cancel = clock.after(deadlineMs, () => abort.abort(new Error(`no complete answer within ${deadlineMs} ms`)));
    try {
      const response = await fetch(target, { signal: abort.signal, redirect: 'error' });
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw new Error(`the server answered ${response.status}`);
      return { bytes: await readBounded(response, file, maxBytes), date: dateOf(response) };
    } catch (error) {
      if (error instanceof TrustError) throw error;
      const cause = abort.signal.aborted
        ? abort.signal.reason
        : error instanceof Error
          ? (error.cause ?? error)
          : error;
      throw new TrustError('unreachable', `${target.href}: ${messageOf(cause)}`, { cause: error });
    } finally {
      cancel();
      abort.abort();
    }
  };
}

async function readBounded(response: Response, file: string, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Never a buffer beyond the bound, whatever the header of the answer promises.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new TrustError('size', `${file}: more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function dateOf(response: Response): Fetched['date'] {
  const date = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(date) ? undefined : date;
}
