/** Checking one record of a batch. */
import { type RecordBody, recordBody } from '../../shared/contract/messages/record.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { complaintsOf, describeComplaints } from '../../shared/kit/schema.ts';

export interface CheckedRecord {
  /** The reason of the refusal, or what is stored. */
  readonly outcome: string | { record: RecordBody; body: string; picture: Uint8Array | undefined };
  /** The record as JSON, for the quarantine. */
  readonly text: string;
}

/**
 * Checks a record and splits its picture off. Unknown keys are kept.
 * @param path where the record stands in its message
 */
export function checkRecord(input: object, path: string): CheckedRecord {
  let text = '';
  try {
    const parsed = recordBody.safeParse(input);
    if (!parsed.success) {
      text = JSON.stringify(input);
      return { outcome: describeComplaints(complaintsOf(parsed.error, input, path)), text };
    }
    const record = parsed.data;
    if (record.kind !== 'event' || record.snapshot === undefined) {
      text = JSON.stringify(input);
      return { outcome: { record, body: text, picture: undefined }, text };
    }
    const { data, ...about } = record.snapshot;
    const picture = Buffer.from(data, 'base64');
    const body = JSON.stringify({ ...input, snapshot: about });
    if (picture[0] !== 0xff || picture[1] !== 0xd8) {
      return { outcome: `${path}.snapshot.data: is not a JPEG picture`, text: JSON.stringify(input) };
    }
    return { outcome: { record, body, picture }, text: body };
  } catch (error) {
    // JSON that nests deeper than the stack can be read, but not written again.
    if (!(error instanceof RangeError)) throw error;
    return { outcome: `${path}: nested too deeply (${messageOf(error)})`, text };
  }
}
