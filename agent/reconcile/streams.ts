/** The hub's streams: all of them are good and run, or none of them changes anything. */
import type { Fleet } from './fleet.ts';
import type { DeviceState, StateFile } from './state.ts';

export interface StreamParts {
  readonly state: StateFile;
  readonly fleet: Pick<Fleet, 'streamsOf' | 'apply'>;
  stopping(): boolean;
  tell(message: string): void;
}

const MOST_COMPLAINTS = 64;

/** Clause 4 of the desired document. */
export async function takeStreams({ state, fleet, stopping, tell }: StreamParts): Promise<void> {
  const asked = state.state.desired?.streams;
  if (!asked) return;
  const { revision, streams } = asked;
  const next: DeviceState = {
    ...state.state,
    streams: { revision, state: 'applied', complaints: [] },
    goodStreams: { revision, streams },
  };
  const complaints = fleet.streamsOf(next).refused.flatMap((r) => r.complaints);
  if (complaints.length === 0) {
    for (const { streams: failed, reason } of await fleet.apply(next))
      complaints.push(...failed.map((stream) => ({ path: `streams.${stream}`, message: reason })));
    if (stopping()) throw new Error('the agent ends');
    if (complaints.length === 0) {
      state.set({ ...state.state, streams: next.streams, goodStreams: next.goodStreams });
      return tell(`${Object.keys(streams).length} streams of the hub are in force (${revision.slice(0, 19)})`);
    }
    await fleet.apply(state.state);
  }
  const told = complaints.slice(0, MOST_COMPLAINTS).map(({ path, message }) => ({
    path: path.slice(0, 512),
    message: message.slice(0, 1024),
  }));
  state.set({ ...state.state, streams: { revision, state: 'refused', complaints: told } });
  tell(`the hub's streams are refused: ${told.map((c) => `${c.path}: ${c.message}`).join('; ')}`);
}
