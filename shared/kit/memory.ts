/** Resident memory of this process, in whole MB (2^20 bytes). */
export function rssMb(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20);
}
