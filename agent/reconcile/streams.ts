/** The hub's streams: all of them are good and run, or none of them changes anything. */
import { isDeepStrictEqual } from 'node:util';
import type { Executors } from './loop.ts';
import type { DeviceState } from './state.ts';
import type { StepParts } from './step-parts.ts';

const MOST_COMPLAINTS = 64;

type StreamParts = Pick<StepParts, 'state' | 'fleet' | 'answers' | 'isAnswering' | 'stopping' | 'announce'>;

export function streamSteps(parts: StreamParts): Pick<Executors, 'take-streams' | 'drop-streams'> {
  const { state, fleet } = parts;
  return {
    'take-streams': () => takeStreams(parts),
    async 'drop-streams'() {
      await fleet.apply(withoutStreams(state.state));
      state.set(withoutStreams(state.state));
    },
  };
}

function withoutStreams({ streams: _streams, goodStreams: _good, ...rest }: DeviceState): DeviceState {
  return rest;
}

/** Clause 4 of the desired document. */
async function takeStreams({ state, fleet, answers, isAnswering, stopping, announce }: StreamParts): Promise<void> {
  const asked = state.state.desired?.streams;
  if (!asked) return;
  const { revision, streams } = asked;
  const next: DeviceState = {
    ...state.state,
    streams: { revision, state: 'applied', complaints: [] },
    goodStreams: { revision, streams },
  };
  const before = (await fleet.read(state.state)).streams;
  const set = await fleet.read(next);
  // What gave nothing before is no fault of the set, unless it brought it.
  const awaited = [...set.streams]
    .filter(([id, config]) => {
      const old = before.get(id);
      return old === undefined || (!isDeepStrictEqual(old, config) && isAnswering(id));
    })
    .map(([id]) => id);
  const complaints = set.refused.flatMap((r) => r.complaints);
  if (complaints.length === 0) {
    answers.changing();
    for (const { streams: failed, reason } of await fleet.apply(next))
      complaints.push(...failed.map((stream) => ({ path: `streams.${stream}`, message: reason })));
    if (stopping()) throw new Error('the agent ends');
    if (complaints.length === 0) {
      const applied = { revision, state: 'applied' as const, complaints: [], awaited };
      state.set({ ...state.state, streams: applied, goodStreams: next.goodStreams });
      return announce(`${Object.keys(streams).length} streams of the hub are in force (${revision.slice(0, 19)})`);
    }
    await fleet.apply(state.state);
  }
  const shown = complaints.slice(0, MOST_COMPLAINTS).map(({ path, message }) => ({
    path: path.slice(0, 512),
    message: message.slice(0, 1024),
  }));
  state.set({ ...state.state, streams: { revision, state: 'refused', complaints: shown } });
  announce(`the hub's streams are refused: ${shown.map((c) => `${c.path}: ${c.message}`).join('; ')}`);
}
