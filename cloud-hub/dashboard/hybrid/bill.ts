/** What second opinions cost, and what it would have cost to send every frame. Pure. */
import { HOUR_MS } from '../../../shared/kit/durations.ts';
import type { HybridStream } from '../../contract/opinion.ts';

/** In any one currency. */
export interface Prices {
  /** Of 10⁹ bytes of uplink. */
  readonly perGb: number;
  /** Of an hour in which the hub computes. */
  readonly perHubHour: number;
}

export interface Cost {
  readonly samples: number;
  readonly bytes: number;
  readonly hubMs: number;
  /** Bytes × price of uplink + hours × price of the hub. */
  readonly price: number;
}

export interface Bill {
  readonly sent: Cost;
  /** The same for every analysed frame; undefined while no stream has told its rate. */
  readonly everyFrame: Cost | undefined;
  /** Part of the frames that were sent, 0 to 1; of the streams whose rate is known. */
  readonly share: number | undefined;
}

const GB = 1e9;

type Amount = Pick<Cost, 'samples' | 'bytes' | 'hubMs'>;

export function billOf(streams: readonly HybridStream[], prices: Prices): Bill {
  const known = streams.flatMap((stream) => (stream.everyFrame ? [{ sent: stream, all: stream.everyFrame }] : []));
  const frames = sum(known.map(({ all }) => all)).samples;
  return {
    sent: priced(sum(streams), prices),
    everyFrame: known.length > 0 ? priced(sum(known.map(({ all }) => all)), prices) : undefined,
    share: frames > 0 ? Math.min(1, sum(known.map(({ sent }) => sent)).samples / frames) : undefined,
  };
}

function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce<Amount>(
    (total, { samples, bytes, hubMs }) => ({
      samples: total.samples + samples,
      bytes: total.bytes + bytes,
      hubMs: total.hubMs + hubMs,
    }),
    { samples: 0, bytes: 0, hubMs: 0 },
  );
}

function priced(amount: Amount, { perGb, perHubHour }: Prices): Cost {
  return { ...amount, price: (amount.bytes / GB) * perGb + (amount.hubMs / HOUR_MS) * perHubHour };
}
