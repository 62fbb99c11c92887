import { useState } from 'preact/hooks';
import type { HybridStream } from '../../contract/opinion.ts';
import { bytes, short, span, whole } from '../ui/format.ts';
import { SelectField } from '../ui/select-field.tsx';
import { positionOf, type Quality, shareAt, type WhatIf, whatIf } from './what-if.ts';

const ALL = 'all streams';
const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [720, 240, 46, 10, 24];
const POINTS = Array.from({ length: 81 }, (_, i) => i / 80);
const SHARES = [0.0001, 0.001, 0.01, 0.1, 1];

/** Quality over budget out of the frames that chance chose, and what another budget would give. */
export function WhatIfPanel({ streams }: { streams: readonly HybridStream[] }) {
  const [key, setKey] = useState(ALL);
  const [position, setPosition] = useState<number>();
  const keys = [ALL, ...streams.map(({ device, stream }) => `${device} / ${stream}`)];
  const index = keys.indexOf(key);
  const one = streams[index - 1];
  const found = whatIf(one ? [one] : streams);
  return (
    <section class="panel" aria-label="Quality over budget" data-testid="hybrid-what-if">
      <header class="panel-head">
        <h2>Quality over budget</h2>
        {found && <span class="muted num">{`${whole(found.frames)} frames that chance chose`}</span>}
      </header>
      <div class="prices">
        <SelectField
          title="Budget of"
          value={one ? key : ALL}
          options={Object.fromEntries(keys.map((name) => [name, name]))}
          onChange={setKey}
        />
        <p class="muted">
          Quality: frames in which the answer is the hub’s. A frame that is sent gets it; one that is not agrees as
          often as frames by chance do. The band is the 95 % interval.
        </p>
      </div>
      {found ? (
        <Curves found={found} position={position ?? positionOf(found.now)} onMove={setPosition} />
      ) : (
        <p class="hint muted">
          Nothing can be said yet: it needs frames that chance chose (<code>choose: [{'{ kind: random }'}]</code>) and
          the rate of the stream.
        </p>
      )}
    </section>
  );
}

function Curves({ found, position, onMove }: { found: WhatIf; position: number; onMove: (position: number) => void }) {
  const share = shareAt(position);
  const low = Math.min(found.random(0).from, 0.98);
  const x = (at: number) => LEFT + at * (WIDTH - LEFT - 10);
  const y = (quality: number) => TOP + ((1 - quality) / (1 - low)) * (HEIGHT - TOP - BOTTOM);
  const line = (of: (one: number) => number, points = POINTS) =>
    points.map((at) => `${x(at).toFixed(1)},${y(of(shareAt(at))).toFixed(1)}`).join(' ');
  const band = `${line((at) => found.random(at).to)} ${line((at) => found.random(at).from, POINTS.toReversed())}`;
  const { samples, bytes: size, hubMs } = found.cost(share);
  const [chosen, random] = [found.chosen(share), found.random(share)];
  return (
    <>
      <svg
        class="what-if"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label="Quality over the share of frames sent"
      >
        {[low, (1 + low) / 2, 1].map((quality) => (
          <g key={quality}>
            <line class="grid" x1={LEFT} x2={WIDTH - 10} y1={y(quality)} y2={y(quality)} />
            <text x={LEFT - 6} y={y(quality) + 4} text-anchor="end">
              {`${short(quality * 100)}%`}
            </text>
          </g>
        ))}
        {SHARES.map((at) => (
          <text key={at} x={x(positionOf(at))} y={HEIGHT - 6} text-anchor={at === 1 ? 'end' : 'middle'}>
            {`${at * 100}%`}
          </text>
        ))}
        <polygon class="band" points={band} />
        <polyline class="random" points={line((at) => found.random(at).value)} />
        <polyline class="chosen" points={line((at) => found.chosen(at).value)} />
        <line class="here" x1={x(position)} x2={x(position)} y1={TOP} y2={HEIGHT - BOTTOM} />
        <circle class="now" cx={x(positionOf(found.now))} cy={y(found.chosen(found.now).value)} r={5}>
          <title>{`now: ${shareText(found.now)} of the frames`}</title>
        </circle>
      </svg>
      <div class="prices">
        <label class="field what-if-slider">
          <span class="muted">What if this share of the frames were sent</span>
          <input
            type="range"
            min={0}
            max={1}
            step={0.005}
            value={position}
            aria-valuetext={shareText(share)}
            onInput={(event) => onMove(Number(event.currentTarget.value))}
          />
        </label>
        <p data-testid="what-if-answer">
          <strong class="num">{shareText(share)}</strong>
          {` of the frames (now ${shareText(found.now)}): ${whole(Math.round(samples))} samples, ${bytes(size)}, ${hubMs < 10_000 ? `${short(hubMs / 1000)} s` : span(hubMs)} of the hub in the time since the first sample. `}
          {`Events first: ${qualityText(chosen)}; random frames alone: ${qualityText(random)}.`}
        </p>
        <p class="muted what-if-key">
          <span class="chosen">events first</span> <span class="random">random frames</span>{' '}
          <span class="now">now</span>
        </p>
      </div>
    </>
  );
}

const shareText = (share: number) => `${short(share * 100)}%`;
const qualityText = ({ value, from, to }: Quality) =>
  `${short(value * 100)}% (${short(from * 100)}–${short(to * 100)}%)`;
