/** What people have called normal, as training takes it: the file of the data folder, or the hub's answer to `GET /devices/{id}/normal`. */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { MOST_NORMAL } from '../../shared/contract/messages/desired.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';

const MOST_BYTES = 1_000_000;

const ofDevice = z
  .object({ format: z.literal(1), said: z.array(z.object({ wall: z.number() })).max(MOST_NORMAL) })
  .transform(({ said }) => said.map(({ wall }) => ({ stream: undefined, atMs: wall })));
const ofHub = z
  .object({ items: z.array(z.object({ stream: z.string(), at: z.iso.datetime() })).max(MOST_NORMAL) })
  .transform(({ items }) => items.map(({ stream, at }) => ({ stream, atMs: Date.parse(at) })));
const file = z.union([ofDevice, ofHub]);

/**
 * @param stream whose anomalies count; needed where the file tells of several
 * @returns times of the anomalies, in milliseconds since 1970, oldest first
 * @throws CodedError `config-invalid`, saying what is wrong with the file
 */
export function readNormal(path: string, stream?: string): number[] {
  const said = parse(path);
  const streams = new Set(said.flatMap((one) => one.stream ?? []));
  if (stream === undefined && streams.size > 1) {
    const found = [...streams].toSorted().join(', ');
    throw new CodedError('config-invalid', `--normal ${path}: tells of the streams ${found}; name one with --stream`);
  }
  return said
    .filter((one) => stream === undefined || one.stream === undefined || one.stream === stream)
    .map(({ atMs }) => atMs)
    .toSorted((a, b) => a - b);
}

function parse(path: string) {
  try {
    if (statSync(path).size > MOST_BYTES) throw new Error(`larger than ${MOST_BYTES} bytes`);
    const found = file.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (found.success) return found.data;
  } catch (error) {
    throw new CodedError('config-invalid', `--normal ${path}: cannot be read: ${messageOf(error)}`);
  }
  const text = `--normal ${path}: neither \`detectors/STREAM.normal.json\` of a data folder nor the hub's list of a device (GET /api/v1/devices/ID/normal)`;
  throw new CodedError('config-invalid', text);
}
