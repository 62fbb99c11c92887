/** The examples that send logs elsewhere name fields that entries of the journal and lines of the log have. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { entryOf } from '../../../shared/kit/journal.ts';
import { folder } from './expressions.ts';

const plugin = z.looseObject({ name: z.string() });
const example = z.strictObject({
  service: z.looseObject({}),
  parsers: z.array(plugin).optional(),
  pipeline: z.strictObject({
    inputs: z.array(plugin),
    filters: z.array(plugin).optional(),
    outputs: z.array(plugin),
  }),
});
const read = (file: string) => example.parse(parse(readFileSync(path.join(folder, 'logs', file), 'utf8')));

test('the fields of Loki are fields of the journal', () => {
  const { inputs, outputs } = read('journal-to-loki.yaml').pipeline;
  const line = { name: 'agent', level: 50, device: 'd', stream: 's', trace_id: 't', err: { message: 'm', code: 'E' } };
  const fields = [...entryOf(line).keys()].map((field) => field.toLowerCase());
  const { labels, structured_metadata: metadata } = z
    .object({ labels: z.string(), structured_metadata: z.string() })
    .parse(outputs[0]);
  const named = [...`${labels}, ${metadata}`.matchAll(/\$(\w+)/g)].map(([, field]) => field);
  expect(named.length).toBe(6);
  expect(fields).toEqual(expect.arrayContaining(named));
  // Units that the packages install.
  const units = readdirSync(path.join(folder, '../package/units')).filter((file) => file.endsWith('.service'));
  const { systemd_filter: filters } = z.object({ systemd_filter: z.array(z.string()) }).parse(inputs[0]);
  expect(units).toEqual(expect.arrayContaining(filters.map((one) => one.replace('_SYSTEMD_UNIT=', ''))));
});

test('lines of a container are read by a parser that is there, with the time as they write it', () => {
  const { parsers, pipeline } = read('containers-to-elasticsearch.yaml');
  const { parser } = z.object({ parser: z.string() }).parse(pipeline.filters?.[0]);
  expect(parsers?.map(({ name }) => name)).toEqual([parser]);
  expect(parsers?.[0]).toMatchObject({ time_key: 'time', time_format: '%Y-%m-%dT%H:%M:%S.%LZ' });
});

test('what cannot be sent is bounded on the disk and waits there', () => {
  const files = readdirSync(path.join(folder, 'logs'));
  expect(files.length).toBe(2);
  for (const { service, pipeline } of files.map(read)) {
    expect(service).toMatchObject({ 'storage.path': expect.any(String) });
    for (const input of pipeline.inputs) expect(input).toMatchObject({ 'storage.type': 'filesystem', db: /^\// });
    for (const output of pipeline.outputs)
      expect(output).toMatchObject({ 'storage.total_limit_size': '200M', retry_limit: 'no_limits' });
  }
});
