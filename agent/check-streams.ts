/** The streams of a configuration, checked one by one: a wrong one stops no other. */
import { isOnline, type StreamConfig, streamConfig } from '../shared/contract/config/stream.ts';
import { name } from '../shared/contract/names.ts';
import { type Complaint, complaintsOf } from '../shared/kit/schema.ts';
import { absoluteSource } from './pipeline/source/address.ts';

export interface RefusedStream {
  readonly stream: string;
  readonly complaints: readonly Complaint[];
}

/**
 * Streams as they stand in `agent.yaml`, or as the hub sends them, one by one.
 * @param models names that a stream may use
 * @param folder what relative paths start from
 * @param written the streams as complaints may show them: without what `${NAME}` stands for
 */
export function checkStreams(
  raw: Readonly<Record<string, unknown>>,
  models: readonly string[],
  folder: string,
  written: Readonly<Record<string, unknown>> = raw,
): { streams: Map<string, StreamConfig>; refused: RefusedStream[] } {
  const streams = new Map<string, StreamConfig>();
  const refused: RefusedStream[] = [];
  for (const [stream, value] of Object.entries(raw)) {
    const complaints = checkStream(stream, value, models, written[stream]);
    if (Array.isArray(complaints)) refused.push({ stream, complaints });
    else streams.set(stream, withAbsoluteSource(complaints, folder));
  }
  return { streams, refused };
}

function checkStream(
  stream: string,
  value: unknown,
  models: readonly string[],
  written: unknown,
): StreamConfig | Complaint[] {
  const root = `streams.${stream}`;
  const named = name.safeParse(stream);
  if (!named.success)
    return [{ path: root, message: `the stream's name ${named.error.issues[0]?.message ?? 'is not allowed'}` }];
  const parsed = streamConfig.safeParse(value);
  if (!parsed.success) return complaintsOf(parsed.error, written, root);
  if (isOnline(parsed.data) || models.includes(parsed.data.model)) return parsed.data;
  const known = models.length > 0 ? `; known are: ${models.join(', ')}` : '; `models` is empty';
  return [{ path: `${root}.model`, message: `names no model of \`models\`: found "${parsed.data.model}"${known}` }];
}

function withAbsoluteSource<T extends StreamConfig>(config: T, folder: string): T {
  return { ...config, source: absoluteSource(config.source, folder) };
}
