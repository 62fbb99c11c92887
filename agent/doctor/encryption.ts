/** Encryption of the data folder: are its keys there, and do they open what the folder holds? */
import path from 'node:path';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtDatabase } from '../../shared/doctor/probes/database.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Sealer } from '../../shared/kit/seal.ts';
import { readKeys } from '../at-rest/keys.ts';
import { type MetaState, OUTBOX_FILE, parseMeta } from '../buffer/file/format.ts';
import { type AgentConfig, ConfigError } from '../config.ts';

type Kept = Pick<MetaState, 'keys' | 'plain'>;

export function examineEncryption({ encryption, dataDir }: Pick<AgentConfig, 'encryption' | 'dataDir'>): Finding {
  const facts = lookAtDatabase(path.join(dataDir, OUTBOX_FILE), (database) =>
    parseMeta(database.prepare<[], { state: string }>('SELECT state FROM meta').get()?.state),
  );
  const kept = facts.state === 'whole' ? facts.more : undefined;
  try {
    return judgeEncryption(readKeys(encryption).sealer, kept);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return finding('encryption', 'broken', messageOf(error), 'the agent does not start until it has the key');
  }
}

/** Pure. @param kept what the outbox says of its keys; undefined: there is none, or it cannot be read */
export function judgeEncryption({ keyId, hasKeys, knows }: Sealer, kept: Kept | undefined): Finding {
  const missing = kept?.keys.filter((id) => !knows(id)) ?? [];
  if (missing.length > 0) {
    const advice = hasKeys
      ? 'name that key in `encryption.oldKeyFiles`; without it the next start sets the outbox aside and begins a new one'
      : 'name that key in `encryption.keyFile`; the agent does not start without it';
    return finding(
      'encryption',
      'broken',
      `the outbox is encrypted with the key ${missing.join(', ')}, which is not given`,
      advice,
    );
  }
  if (keyId === undefined)
    return hasKeys
      ? finding('encryption', 'note', 'only old keys are given: what is encrypted becomes plain text')
      : finding(
          'encryption',
          'note',
          'off: records, pictures and samples lie in the data folder in plain text',
          'name a key in `encryption.keyFile` where others may come at the disk',
        );
  const old = kept?.keys.filter((id) => id !== keyId) ?? [];
  if (kept?.plain)
    return finding(
      'encryption',
      'note',
      `key ${keyId}; the outbox still holds plain text`,
      'start the agent: it encrypts what is there',
    );
  if (old.length > 0)
    return finding(
      'encryption',
      'note',
      `key ${keyId}; the outbox still holds texts of the key ${old.join(', ')}`,
      'keep the old key until the agent has encrypted them anew',
    );
  return finding('encryption', 'ok', `AES-256-GCM with the key ${keyId}`);
}
