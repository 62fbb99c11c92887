/** Small pictures of what a stream is and what a rule looks for; always beside or inside of words that say the same. */
import type { StreamReport } from '../../../shared/contract/messages/report.ts';

const streams: Readonly<Record<NonNullable<StreamReport['kind']>, string>> = {
  picture: 'M1.5 4.5h8v7h-8zM9.5 7l5-2.5v7L9.5 9',
  sensor: 'M1 8h3l2-5 3.5 10L11.5 8H15',
  audio: 'M2 6.5v3M5 4v8M8 2v12M11 5v6M14 7v2',
};

const rules: Readonly<Record<string, string>> = {
  anomaly: 'M1 11h3l1.5-1.5L7 11l2-8.5 2 8.5 1.5-1.5L14 11h1M3 14h10',
  threshold: 'M1 6h14M3 14V9.5M6.5 14V8M10 14V3M13 14V9',
  zone: 'M3 4l9-2 2 7-6 5-6-4z',
  line: 'M3 13 13 3M4 4l8 8M12 8.5V12H8.5',
  absence: 'M8 2a6 6 0 0 1 6 6M14 8a6 6 0 0 1-6 6M8 14a6 6 0 0 1-6-6M5.5 8h5',
};

const OTHER = 'M8 3v6M8 12v1';

function Icon({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} stroke-linejoin="round" />
    </svg>
  );
}

/** Nothing for a stream of pictures, as most are. */
export function StreamIcon({ kind = 'picture' }: { kind?: StreamReport['kind'] }) {
  return kind === 'picture' ? null : <Icon path={streams[kind]} />;
}

export function RuleIcon({ kind }: { kind: string }) {
  return <Icon path={rules[kind] ?? OTHER} />;
}
