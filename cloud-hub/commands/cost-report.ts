/** What a fleet with second opinions costs, beside sending every frame to the cloud. Pure. */
import { DAY_MS, HOUR_MS } from '../../shared/kit/durations.ts';
import type { HybridStream } from '../contract/opinion.ts';

/** In any one currency. */
export interface CostPrices {
  /** Of 10⁹ bytes of uplink. */
  readonly perGb: number;
  /** Of an hour in which the hub computes. */
  readonly perHubHour: number;
  /** Of one edge box, once. */
  readonly perBox: number;
  readonly boxWatts: number;
  readonly perKwh: number;
}

/** Per month of 30 days. */
export interface Monthly {
  readonly samples: number;
  readonly gb: number;
  readonly hubHours: number;
  readonly uplink: number;
  readonly hub: number;
  readonly energy: number;
  readonly total: number;
}

export interface CostReport {
  readonly streams: number;
  /** That have told no rate of frames yet: they are not in the figures. */
  readonly unknown: number;
  readonly boxes: number;
  /** The shortest time that a stream has been measured, in hours. */
  readonly measuredHours: number;
  readonly hardware: number;
  readonly hybrid: Monthly;
  /** Every analysed frame to a model in the cloud, without a box. */
  readonly cloud: Monthly;
  /** Months until the boxes have paid for themselves; undefined: never at these prices. */
  readonly payBackMonths: number | undefined;
  /** What it would cost to send this share of the frames instead. */
  readonly whatIf: readonly { readonly share: number; readonly monthly: Monthly }[];
}

const MONTH_MS = 30 * DAY_MS;
const GB = 1e9;
const SHARES = [0, 0.01, 0.05, 0.1, 0.5, 1];

/** @param now milliseconds since 1970 */
export function costReport(
  { streams, boxes }: { readonly streams: readonly HybridStream[]; readonly boxes: number },
  prices: CostPrices,
  now: number,
): CostReport {
  const known = streams.flatMap((stream) => {
    const measuredMs = now - Date.parse(stream.since);
    return stream.everyFrame && measuredMs > 0 ? [{ stream, all: stream.everyFrame, measuredMs }] : [];
  });
  const monthly = (boxCount: number, amountOf: (one: (typeof known)[number]) => Amount): Monthly => {
    let [samples, bytes, hubMs] = [0, 0, 0];
    for (const one of known) {
      const amount = amountOf(one);
      const months = MONTH_MS / one.measuredMs;
      samples += amount.samples * months;
      bytes += amount.bytes * months;
      hubMs += amount.hubMs * months;
    }
    const uplink = (bytes / GB) * prices.perGb;
    const hub = (hubMs / HOUR_MS) * prices.perHubHour;
    const energy = ((boxCount * prices.boxWatts) / 1000) * (MONTH_MS / HOUR_MS) * prices.perKwh;
    return { samples, gb: bytes / GB, hubHours: hubMs / HOUR_MS, uplink, hub, energy, total: uplink + hub + energy };
  };
  const part = ({ samples, bytes, hubMs }: Amount, share: number): Amount => ({
    samples: samples * share,
    bytes: bytes * share,
    hubMs: hubMs * share,
  });
  const hybrid = monthly(boxes, ({ stream }) => stream);
  const cloud = monthly(0, ({ all }) => all);
  const hardware = boxes * prices.perBox;
  const saved = cloud.total - hybrid.total;
  return {
    streams: known.length,
    unknown: streams.length - known.length,
    boxes,
    measuredHours: known.length === 0 ? 0 : Math.min(...known.map(({ measuredMs }) => measuredMs)) / HOUR_MS,
    hardware,
    hybrid,
    cloud,
    payBackMonths: saved > 0 ? hardware / saved : undefined,
    whatIf: SHARES.map((share) => ({ share, monthly: monthly(boxes, ({ all }) => part(all, share)) })),
  };
}

type Amount = Pick<HybridStream, 'samples' | 'bytes' | 'hubMs'>;

/** A table for people. */
export function costText(report: CostReport, years: number): string {
  const { streams, unknown, boxes, measuredHours, hardware, hybrid, cloud, payBackMonths, whatIf } = report;
  if (streams === 0)
    return 'no stream has been measured yet: a stream with `escalate` has to send a sample and a summary first\n';
  const left = unknown > 0 ? `; ${unknown} more have told no rate of frames yet` : '';
  const row = (title: string, once: number, { samples, gb, hubHours, uplink, hub, energy, total }: Monthly) =>
    [
      title.padEnd(24),
      ...[money(once), Math.round(samples).toString(), gb.toFixed(2), hubHours.toFixed(2)].map((text) =>
        text.padStart(11),
      ),
      ...[uplink, hub, energy, total, once + total * 12 * years].map((value) => money(value).padStart(11)),
    ].join('');
  const head = ['once', 'samples', 'GB', 'hub hours', 'uplink', 'hub', 'energy', 'total', `${years} years`];
  const pay =
    payBackMonths === undefined
      ? 'At these prices the boxes never pay for themselves: sending every frame costs less per month.'
      : `The boxes have paid for themselves after ${payBackMonths.toFixed(1)} months.`;
  return `${[
    `${streams} streams on ${boxes} boxes, measured for ${measuredHours.toFixed(1)} hours or more${left}. Per month of 30 days:`,
    `${''.padEnd(24)}${head.map((word) => word.padStart(11)).join('')}`,
    row('edge and hub, as it is', hardware, hybrid),
    row('every frame to the cloud', 0, cloud),
    ...whatIf.map(({ share, monthly }) => row(`what if: ${share * 100} % sent`, hardware, monthly)),
    pay,
    'uplink = GB × price per GB; hub = hours computed × price per hour; energy = boxes × watts × hours × price per kWh. Records, which are',
    'small, are not counted, nor is whatever sends pictures in the cloud-only case.',
  ].join('\n')}\n`;
}

const money = (value: number) => (value === 0 ? '0' : Math.abs(value) < 1 ? value.toPrecision(2) : value.toFixed(2));
