/**
 * What every stream is doing now: the agent's side of `up/report`.
 *
 * Invariants:
 * 1. A stream is `running` only while signs of it come (`vitality.ts`); `look` finds those that have fallen silent.
 * 2. Signs count from the last opening of the source on.
 */

import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { PictureFault, Report, StreamReport, StreamState } from '../../shared/contract/messages/report.ts';
import { clipped } from '../../shared/contract/names.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';
import { shownAddress } from '../../shared/kit/shown-address.ts';
import type { RefusedStream } from '../check-streams.ts';
import type { AgentConfig } from '../config.ts';
import type { SummaryBody } from '../pipeline/outputs.ts';
import type { StreamStatus } from '../runner/messages.ts';
import { type Signs, vitalityOf } from './vitality.ts';

export interface Board {
  /** These streams are in force now; of those that stay what is known stays. */
  show(streams: ReadonlyMap<string, StreamConfig>, refused: readonly RefusedStream[]): void;
  set(stream: string, status: StreamStatus): void;
  /** Frames or samples go through. @param answered with an answer of the model, or of the gate */
  sign(stream: string, answered: boolean): void;
  /** What is wrong with the pictures that come; undefined: nothing. */
  looks(stream: string, fault: PictureFault | undefined): void;
  /** To be called each second: finds the streams that have fallen silent. */
  look(): void;
  /** Takes the analysed rate from a summary. */
  measure(summary: SummaryBody): void;
  /** Is it a stream in force? */
  has(stream: string): boolean;
  /** `Clock.mono` when its runner took it up, also after a hand-over. */
  begunAt(stream: string): number;
  /** Did it give an answer lately? */
  answers(stream: string): boolean;
  streams(): Report['streams'];
}

/** What is known of a stream besides its state. */
type Facts = Pick<
  StreamReport,
  'id' | 'kind' | 'source' | 'model' | 'fps' | 'askedFps' | 'width' | 'height' | 'rules'
> &
  Pick<StreamStatus, 'decoder'>;

interface Entry extends Signs {
  readonly facts: Facts;
  readonly error?: string | undefined;
  readonly answeredAt?: number | undefined;
  readonly picture?: PictureFault | undefined;
  readonly begunAt?: number | undefined;
  /** The state that was shown last. */
  readonly shown: StreamState;
}

/** A rate that differs by no more than this part is the same rate. */
const NOTABLE = 0.1;
/** Until a runner says what suits the stream. */
const WAIT_LIMIT_MS = 10_000;

/** @param onChange called when something that the hub should soon know has changed */
export function createBoard(
  config: Pick<AgentConfig, 'streams' | 'refused'>,
  clock: Clock,
  onChange: () => void,
): Board {
  const entries = new Map<string, Entry>();
  const begin = (reported: StreamState, facts: Facts, error?: string): Entry => {
    const now = clock.mono();
    return {
      ...{
        facts,
        reported,
        reportedAt: now,
        signAt: undefined,
        flowedAt: now,
        waitLimitMs: WAIT_LIMIT_MS,
        shown: reported,
        error,
      },
    };
  };
  /** @returns has its state changed with it? */
  const put = (id: string, entry: Entry): boolean => {
    const { state } = vitalityOf(entry, clock.mono());
    // A rate is that of the running stream.
    const facts = state === 'running' ? entry.facts : { ...entry.facts, fps: 0 };
    entries.set(id, { ...entry, facts, shown: state });
    return state !== entry.shown;
  };

  const show: Board['show'] = (streams, refused) => {
    const before = new Map(entries);
    entries.clear();
    for (const [id, stream] of streams) {
      const known = before.get(id);
      const facts = describe(id, stream);
      const goesOn = known && known.reported !== 'refused' && kindOf(known.facts) === kindOf(stream);
      entries.set(
        id,
        goesOn
          ? { ...known, facts: { ...withoutAsked(known.facts), ...facts } }
          : begin('starting', { fps: 0, ...facts }),
      );
    }
    for (const { stream, complaints } of refused) {
      // A report cannot carry a name that is not allowed; there is an error record of it.
      if (!/^[a-z0-9_-]{1,64}$/.test(stream)) continue;
      const facts = { id: stream, source: '', fps: 0, rules: [] };
      entries.set(stream, begin('refused', facts, clipped(describeComplaints(complaints))));
    }
  };
  show(config.streams, config.refused);

  const describeNow = (entry: Entry): StreamReport => {
    const now = clock.mono();
    const { state, since, why } = vitalityOf(entry, now);
    const error = why ?? entry.error;
    const stateS = Math.max(0, Math.round((now - since) / 1000));
    const { picture } = entry;
    return {
      ...entry.facts,
      state,
      stateS,
      // Of a camera that gives none nothing is known.
      ...(picture === undefined || state !== 'running' ? {} : { picture }),
      ...(error === undefined ? {} : { error }),
    };
  };

  return {
    show(streams, refused) {
      show(streams, refused);
      onChange();
    },
    set(id, { state: reported, error, waitLimitMs, ...rest }) {
      const known = entries.get(id);
      if (!known) return;
      // A camera that changes its size says `running` again, one that stays away `waiting`.
      const goesOn = reported === known.reported;
      put(id, {
        ...known,
        facts: { ...known.facts, ...rest },
        reported,
        begunAt: reported === 'starting' ? clock.mono() : known.begunAt,
        picture: reported === 'starting' ? undefined : known.picture,
        reportedAt: goesOn ? known.reportedAt : clock.mono(),
        signAt: goesOn ? known.signAt : undefined,
        waitLimitMs: waitLimitMs ?? known.waitLimitMs,
        error: error === undefined ? undefined : clipped(error),
      });
      onChange();
    },
    sign(id, answered) {
      const known = entries.get(id);
      if (known?.reported !== 'running') return;
      const now = clock.mono();
      const answeredAt = answered ? now : known.answeredAt;
      if (put(id, { ...known, signAt: now, flowedAt: now, answeredAt })) onChange();
    },
    looks(id, picture) {
      const known = entries.get(id);
      if (!known || known.picture === picture) return;
      entries.set(id, { ...known, picture });
      onChange();
    },
    look() {
      const changed = [...entries].filter(([id, entry]) => put(id, entry));
      if (changed.length > 0) onChange();
    },
    measure({ stream, inferred, intervalMs }) {
      const known = entries.get(stream);
      const fps = Math.round((inferred * 10_000) / intervalMs) / 10;
      if (!known || Math.abs(known.facts.fps - fps) <= NOTABLE * known.facts.fps) return;
      entries.set(stream, { ...known, facts: { ...known.facts, fps } });
      onChange();
    },
    has: (stream) => entries.has(stream),
    begunAt: (stream) => entries.get(stream)?.begunAt ?? Number.NEGATIVE_INFINITY,
    answers(stream) {
      const { answeredAt, waitLimitMs } = entries.get(stream) ?? { waitLimitMs: 0 };
      return answeredAt !== undefined && clock.mono() - answeredAt <= waitLimitMs;
    },
    streams: () => [...entries.values()].map(describeNow),
  };
}

const kindOf = ({ kind = 'picture' }: Pick<StreamConfig | StreamReport, 'kind'>) => kind;

/** What was asked for may be asked for no more. */
function withoutAsked({ askedFps: _asked, ...rest }: Facts): Facts {
  return rest;
}

function describe(
  id: string,
  stream: StreamConfig,
): Pick<StreamReport, 'id' | 'kind' | 'source' | 'askedFps' | 'rules'> {
  const rules = stream.rules.map((r) => ({
    name: r.name,
    kind: r.kind,
    ...('points' in r ? { points: [...r.points] } : {}),
  }));
  const kind = stream.kind ? { kind: stream.kind } : {};
  const asked = 'fps' in stream && stream.fps !== undefined ? { askedFps: stream.fps } : {};
  return { id, ...kind, ...asked, source: shownAddress(stream.source.url).slice(-1024), rules };
}
