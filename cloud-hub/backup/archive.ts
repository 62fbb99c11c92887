/**
 * A backup of a hub: one tar file (not compressed) that holds its data folder as it was at one moment.
 *
 * Format, in this order:
 *   about.json        what it is: `about` below
 *   data/hub.db       the database, copied inside one read transaction
 *   data/...          every other file that cannot be made again: keys, authority, signed metadata, admin.token, packages
 *   digests.json      SHA-256 of each file under data/; without it the backup is not whole
 *
 * Invariants: 1. The file has mode 0600 and appears under its name whole, or not at all. 2. What the database names is in it:
 * packages are copied after the database, and never change. 3. A restore takes only names that `digests.json` has.
 */
import { z } from 'zod';

/** The only format so far. */
export const FORMAT = 1;
export const ABOUT_FILE = 'about.json';
export const DIGESTS_FILE = 'digests.json';
export const DATA_FOLDER = 'data';
/** More would be no hub of ours. */
export const MAX_FILES = 100_000;

export const about = z.looseObject({
  kind: z.literal('vedette-hub-backup'),
  format: z.number().int().positive(),
  /** Of the hub that wrote it. */
  version: z.string().max(64),
  /** Of its database. */
  schema: z.number().int().positive(),
  takenAt: z.iso.datetime(),
});
export type About = z.infer<typeof about>;

/** A path below `data/`: no absolute one, no `..`, no hidden folder. */
export const fileName = z
  .string()
  .max(512)
  .regex(/^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/){0,8}[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const digests = z
  .record(fileName, digest)
  .refine((all) => Object.keys(all).length <= MAX_FILES, { error: `more than ${MAX_FILES} files` });
export type Digests = z.infer<typeof digests>;
