/** How a quota is shared out between records, WAL and reserve. */
export interface Sizes {
  /** What is kept free for the time when the disk is full (reserve.ts). */
  readonly reserveBytes: number;
  /** Pages after which SQLite writes the WAL back. */
  readonly walPages: number;
  /** Bound of the WAL: twice `walPages`, because the commit that passes the mark may be large. */
  readonly walBoundBytes: number;
  /** JSON of the records of one commit, unless a single record is larger. */
  readonly commitBytes: number;
  /** Most pages by which one transaction makes the file smaller. */
  readonly passPages: number;
  /** The most pages of the file; records are evicted when it has more. */
  readonly filePages: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** SQLite's default, which our files keep. */
export const PAGE_BYTES = 4096;

/**
 * The reserve holds a WAL at its mark and one commit more (which takes up to twice its JSON in pages), so that the WAL can always
 * be written back.
 * @param quotaBytes for file, WAL and reserve together; at least 1 MiB
 */
export function sizesOf(quotaBytes: number): Sizes {
  const share = Math.floor(quotaBytes / 32);
  const walPages = clamp(Math.floor(share / PAGE_BYTES), 32, 1000);
  const walBoundBytes = walPages * PAGE_BYTES * 2;
  const commitBytes = clamp(share * 2, 64 * KIB, MIB);
  const reserveBytes = walPages * PAGE_BYTES + 2 * commitBytes;
  return {
    reserveBytes,
    walPages,
    walBoundBytes,
    commitBytes,
    passPages: walPages,
    filePages: Math.floor((quotaBytes - walBoundBytes - reserveBytes) / PAGE_BYTES),
  };
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
