/**
 * The schemas of records, compiled to code (JSON Schema, by Ajv): says within a fraction of a microsecond that a record is valid. The
 * zod schemas stay the only judges of what is not: whatever is not accepted here goes to them, and they say why.
 *
 * Invariant: what is accepted here, zod accepts too (a property test compares them).
 */
import { Ajv, type ValidateFunction } from 'ajv';
import { z } from 'zod';
import { type RecordBody, recordBody } from '../../shared/contract/messages/record.ts';

const ajv = new Ajv({
  // The one format is that of pictures, which are left to zod.
  validateFormats: false,
  strict: true,
  allowUnionTypes: true,
});

const byKind = new Map<unknown, ValidateFunction<RecordBody>>(
  recordBody.options.map((schema) => {
    const { $schema: _draft, ...json } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
    return [schema.shape.kind.value, ajv.compile<RecordBody>(json)];
  }),
);

/** @returns false when the record is wrong, or has a picture: its text is checked by zod alone */
export function isPlainlyValid(input: object): input is RecordBody {
  if (!('kind' in input) || 'snapshot' in input) return false;
  return byKind.get(input.kind)?.(input) ?? false;
}
