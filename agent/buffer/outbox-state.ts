/** The state of an outbox, for reports and metrics. */

import type { MetaState } from './file/format.ts';
import type { Recovery } from './file/recover.ts';
import type { FileHolder } from './file-holder.ts';
import type { DiskSpace } from './space/disk-space.ts';
import type { Writer } from './writer.ts';

export interface OutboxState {
  readonly epoch: string;
  /** Records held in the file, and the bytes of their JSON. */
  readonly waiting: number;
  readonly bytes: number;
  /** The last number given in this epoch; 0 when there was none. */
  readonly lastSeq: number;
  /** Bytes of file and WAL. */
  readonly bytesOnDisk: number;
  /** Bytes that the reserve holds, for the time when the disk is full. */
  readonly reserveBytes: number;
  /** What file, WAL and reserve may take together: the quota, or less while the disk does not have that much. */
  readonly boundBytes: number;
  /** Records that wait in memory. */
  readonly inMemory: number;
  /** Why the disk takes nothing, while it does not. */
  readonly blocked: string | undefined;
  /** Since the file was born: refused by hub or uplink; evicted for the quota or the disk. */
  readonly refused: number;
  readonly givenUp: number;
  /** The last damage since this start. */
  readonly recovered: Recovery | undefined;
}

interface Parts {
  /** Undefined while the file cannot be read. */
  readonly file: { readonly meta: Readonly<MetaState>; readonly bytesOnDisk: number } | undefined;
  readonly holder: Pick<FileHolder, 'epoch' | 'recovery'>;
  readonly space: Pick<DiskSpace, 'reserveBytes' | 'boundBytes'>;
  readonly writer: Pick<Writer, 'waiting' | 'blocked'>;
}

export function stateOf({ file, holder, space, writer }: Parts): OutboxState {
  const held = file?.meta.held ?? [];
  return {
    epoch: holder.epoch,
    waiting: held.reduce((sum, tally) => sum + tally.records, 0),
    bytes: held.reduce((sum, tally) => sum + tally.bytes, 0),
    lastSeq: (file?.meta.nextSeq ?? 1) - 1,
    bytesOnDisk: file?.bytesOnDisk ?? 0,
    reserveBytes: space.reserveBytes,
    boundBytes: space.boundBytes,
    inMemory: writer.waiting,
    blocked: writer.blocked,
    refused: file?.meta.refused ?? 0,
    givenUp: file?.meta.givenUp ?? 0,
    recovered: holder.recovery,
  };
}
