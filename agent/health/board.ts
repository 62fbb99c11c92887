/** What every stream is doing now: the agent's side of `up/report`. */
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { Report, StreamReport } from '../../shared/contract/messages/report.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';
import type { AgentConfig, RefusedStream } from '../config.ts';
import type { SummaryBody } from '../pipeline/outputs.ts';
import { withoutCredentials } from '../pipeline/source/address.ts';
import type { StreamStatus } from '../runner/messages.ts';

export interface Board {
  /** These streams are in force now; of those that stay what is known stays. */
  show(streams: ReadonlyMap<string, StreamConfig>, refused: readonly RefusedStream[]): void;
  set(stream: string, status: StreamStatus): void;
  /** Takes the analysed rate from a summary. */
  measure(summary: SummaryBody): void;
  /** Is it a stream in force? */
  has(stream: string): boolean;
  streams(): Report['streams'];
}

/** A rate that differs by no more than this part is the same rate. */
const NOTABLE = 0.1;

/** @param onChange called when something that the hub should soon know has changed */
export function createBoard(config: Pick<AgentConfig, 'streams' | 'refused'>, onChange: () => void): Board {
  const reports = new Map<string, StreamReport>();
  const show: Board['show'] = (streams, refused) => {
    const before = new Map(reports);
    reports.clear();
    for (const [id, stream] of streams) {
      const { state = 'starting', fps = 0, ...known } = before.get(id) ?? {};
      const isNew = state === 'refused';
      reports.set(id, { ...(isNew ? {} : known), ...describe(id, stream), state: isNew ? 'starting' : state, fps });
    }
    for (const { stream, complaints } of refused) {
      // A name that is not allowed cannot be reported under itself; its error record tells of it.
      if (!/^[a-z0-9-]{1,64}$/.test(stream)) continue;
      const error = describeComplaints(complaints).slice(0, 2048);
      reports.set(stream, { id: stream, state: 'refused', source: '', fps: 0, rules: [], error });
    }
  };
  show(config.streams, config.refused);
  return {
    show(streams, refused) {
      show(streams, refused);
      onChange();
    },
    set(id, { state, error, ...rest }) {
      const known = reports.get(id);
      if (!known) return;
      const { error: _old, ...kept } = known;
      const running = state === 'running' ? {} : { fps: 0 };
      reports.set(id, { ...kept, ...rest, ...running, state, ...(error ? { error: error.slice(0, 2048) } : {}) });
      onChange();
    },
    measure({ stream, inferred, intervalMs }) {
      const known = reports.get(stream);
      const fps = Math.round((inferred * 10_000) / intervalMs) / 10;
      if (!known || Math.abs(known.fps - fps) <= NOTABLE * known.fps) return;
      reports.set(stream, { ...known, fps });
      onChange();
    },
    has: (stream) => reports.has(stream),
    streams: () => [...reports.values()],
  };
}

function describe(id: string, stream: StreamConfig): Pick<StreamReport, 'id' | 'kind' | 'source' | 'rules'> {
  const rules = stream.rules.map((r) => ({
    name: r.name,
    kind: r.kind,
    ...('points' in r ? { points: [...r.points] } : {}),
  }));
  const kind = stream.kind ? { kind: stream.kind } : {};
  return { id, ...kind, source: withoutCredentials(stream.source.url).slice(-1024), rules };
}
