/**
 * What outsiders rely on: every field of every message and of the configuration, with its bounds, is written down in
 * `fixtures/wire/fields.yaml`. A change there is a change of a contract; `vitest -u` writes it down once it is meant.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import { audioStream, sensorStream } from '../../../shared/contract/config/sensor.ts';
import { pictureStream } from '../../../shared/contract/config/stream.ts';
import { ack, batch } from '../../../shared/contract/messages/batch.ts';
import { previewCommand } from '../../../shared/contract/messages/command.ts';
import { desired } from '../../../shared/contract/messages/desired.ts';
import { previewHeader } from '../../../shared/contract/messages/preview.ts';
import * as record from '../../../shared/contract/messages/record.ts';
import { report } from '../../../shared/contract/messages/report.ts';
import { sampleHeader } from '../../../shared/contract/messages/sample.ts';
import { status } from '../../../shared/contract/messages/status.ts';
import { verdict } from '../../../shared/contract/messages/verdict.ts';
import { audioInput, imageInput, modelManifest, windowInput } from '../../../shared/contract/model-manifest.ts';
import { problemDocument } from '../../../shared/contract/problem-document.ts';
import { edgeOf, fieldsOf, itemOf, nodeOf, valueWith } from '../../support/schema-fields.ts';

const schemas: Readonly<Record<string, z.ZodType>> = {
  'up/records': batch,
  'record event': record.eventRecord,
  'record summary': record.summaryRecord,
  'record reading': record.readingRecord,
  'record verdict': record.verdictRecord,
  'record health': record.healthRecord,
  'record error': record.errorRecord,
  'record loss': record.lossRecord,
  'up/status': status,
  'up/sample': sampleHeader,
  'down/verdict': verdict,
  'up/report': report,
  'up/preview': previewHeader,
  'down/ack': ack,
  'down/desired': desired,
  'down/command preview': previewCommand,
  'model.yaml but for its input': modelManifest.omit({ input: true }),
  'model.yaml input of pictures': imageInput,
  'model.yaml input of windows': windowInput,
  'model.yaml input of sound': audioInput,
  'stream of pictures': pictureStream,
  'stream of a sensor': sensorStream,
  'stream of sound': audioStream,
  'problem document': problemDocument,
};

const HEAD = `# Every field of the messages and of the configuration, with its bounds: what other programs rely on.
# Made by test/shared/contract/fields.test.ts (\`vitest -u\`); a change here changes a contract.
`;
const file = path.resolve(import.meta.dirname, '../../../fixtures/wire/fields.yaml');

test('every field is as it is written down', async () => {
  const table = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, fieldsOf(nodeOf(schema))]));
  await expect(`${HEAD}${stringify(table, { lineWidth: 0 })}`).toMatchFileSnapshot(file);
});

test('every kind of record is among them', () => {
  expect(
    Object.keys(schemas)
      .filter((name) => name.startsWith('record '))
      .toSorted(),
  ).toEqual(record.recordKinds.map((kind) => `record ${kind}`).toSorted());
});

const texts: Readonly<Record<string, string>> = {
  '^[a-z0-9_-]{1,64}$': 'a',
  '^[A-Za-z0-9_-]{1,64}$': 'e',
  '^sha256:[0-9a-f]{64}$': `sha256:${'0'.repeat(64)}`,
  '^[0-9a-f]{32}$': '0'.repeat(32),
  '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$': '1.0.0',
  base64: '',
  '^[1-9]\\d{0,4}x[1-9]\\d{0,4}$': '640x480',
};

const written = parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;

test.each(Object.keys(schemas))(
  '%s: what lies on a bound is taken, what lies beyond it is refused by its path',
  (name) => {
    const schema = schemas[name];
    if (!schema) throw new Error('no such schema');
    const root = nodeOf(schema);
    const wrong: string[] = [];
    for (const [field, line] of Object.entries(written[name] ?? {})) {
      const edge = edgeOf(line, itemOf(root, field, texts));
      if (!edge) continue;
      const parsed = (value: unknown) => schema.safeParse(valueWith(root, field, value, texts));
      const describe = (value: unknown) => `${field} (${line}): ${JSON.stringify(value)?.slice(0, 40)}`;
      for (const value of edge.inside) {
        // What the fields say of each other (`custom`) has tests of its own.
        const issue = parsed(value).error?.issues.find(({ code }) => code !== 'custom');
        if (issue) wrong.push(`${describe(value)} is refused: ${issue.path.join('.')}: ${issue.message}`);
      }
      for (const value of edge.outside) {
        const key =
          field
            .split(/[.|[]/)
            .filter((word) => /^[a-zA-Z]/.test(word))
            .at(-1) ?? '';
        const { error } = parsed(value);
        const paths = JSON.stringify(error?.issues ?? []);
        if (!error) wrong.push(`${describe(value)} is taken`);
        else if (!paths.includes(`"${key}"`)) wrong.push(`${describe(value)} is refused without its path: ${paths}`);
      }
    }
    expect(wrong).toEqual([]);
  },
);
