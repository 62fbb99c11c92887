/**
 * The metadata files of The Update Framework (TUF specification 1.0.31, part 4, https://theupdateframework.github.io/specification/latest/)
 * as this product uses them: ed25519 keys, consistent snapshots, no delegations. Stricter than the specification: hashes and
 * lengths must be there, versions are bounded integers. Unknown fields are kept, because they are signed too.
 */
import { z } from 'zod';

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hex digits`);

export const keyId = hex(64);
export const publicKey = z.looseObject({
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  keyval: z.looseObject({ public: hex(64) }),
});
export type PublicKey = z.infer<typeof publicKey>;

export const roleNames = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type RoleName = (typeof roleNames)[number];

const version = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31);
const common = {
  spec_version: z.string().regex(/^1\.\d+(\.\d+)?$/, 'must be 1.x'),
  version,
  expires: z.iso.datetime(),
};

const role = z.looseObject({ keyids: z.array(keyId).max(32), threshold: z.number().int().min(1).max(32) });

export const rootSigned = z.looseObject({
  _type: z.literal('root'),
  ...common,
  consistent_snapshot: z.literal(true),
  keys: z.record(keyId, publicKey),
  roles: z.looseObject({ root: role, targets: role, snapshot: role, timestamp: role }),
});
export type RootSigned = z.infer<typeof rootSigned>;

const file = z.looseObject({
  version,
  length: z.number().int().nonnegative(),
  hashes: z.looseObject({ sha256: hex(64) }),
});

export const timestampSigned = z.looseObject({
  _type: z.literal('timestamp'),
  ...common,
  meta: z.strictObject({ 'snapshot.json': file }),
  /** When it was signed, by the hub's clock: the floor of the time for expiry (time.ts). Not of the specification. */
  x_signed_at: z.iso.datetime().optional(),
});
export type TimestampSigned = z.infer<typeof timestampSigned>;

export const snapshotSigned = z.looseObject({
  _type: z.literal('snapshot'),
  ...common,
  meta: z.strictObject({ 'targets.json': file }),
});
export type SnapshotSigned = z.infer<typeof snapshotSigned>;

export const target = z.looseObject({
  length: z.number().int().nonnegative(),
  hashes: z.looseObject({ sha256: hex(64) }),
});
export type Target = z.infer<typeof target>;

export const targetsSigned = z.looseObject({
  _type: z.literal('targets'),
  ...common,
  targets: z.record(z.string().min(1).max(256), target),
  delegations: z.undefined({ error: 'delegations are not supported' }).optional(),
});
export type TargetsSigned = z.infer<typeof targetsSigned>;

export const signature = z.looseObject({ keyid: keyId, sig: hex(128) });
export type Signature = z.infer<typeof signature>;

/** Any metadata file, before its content is looked at. */
export const envelope = z.looseObject({ signed: z.looseObject({}), signatures: z.array(signature).max(64) });
export type Envelope = z.infer<typeof envelope>;

/** Content by role. */
export const signedSchemas = {
  root: rootSigned,
  targets: targetsSigned,
  snapshot: snapshotSigned,
  timestamp: timestampSigned,
} as const satisfies Record<RoleName, z.ZodType>;
export type SignedOf<R extends RoleName> = z.infer<(typeof signedSchemas)[R]>;

/** Most bytes that a client takes of each file: against endless data. Some 15,000 targets fit into `targets`. */
export const maxBytesOf: Readonly<Record<RoleName, number>> = {
  root: 512 * 1024,
  timestamp: 16 * 1024,
  snapshot: 16 * 1024,
  targets: 4 * 1024 * 1024,
};
