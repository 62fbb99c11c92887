/** What an agent reports of a document that it has taken up. */
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import type { Desired } from '../../../shared/contract/messages/desired.ts';
import type { ModelReport } from '../../../shared/contract/messages/model-report.ts';
import type { Report } from '../../../shared/contract/messages/report.ts';

export function reportOf(document: Desired | undefined, model: ModelReport | undefined): Report {
  return {
    version: '1.0.0',
    boot: 'b',
    config: 'c',
    host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 100, name: 'h' },
    process: { rssMb: 1, uptimeS: 1 },
    outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 0 },
    streams: [],
    ...(model ? { models: { detector: model } } : {}),
    ...(document ? { desired: { revision: document.revision, ...streamsOf(document) } } : {}),
  };
}

function streamsOf({ streams }: Desired) {
  if (!streams) return {};
  const wrong = Object.entries(streams.streams).filter(([, value]) => !streamConfig.safeParse(value).success);
  const complaints = wrong.map(([stream]) => ({ path: `streams.${stream}`, message: 'not valid' }));
  return {
    streams: {
      revision: streams.revision,
      state: wrong.length > 0 ? ('refused' as const) : ('applied' as const),
      complaints,
    },
  };
}
