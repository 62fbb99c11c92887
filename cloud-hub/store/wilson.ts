/** 95 % interval of a share (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927). Pure. */

const Z = 1.96;

export interface Share {
  readonly share: number;
  readonly from: number;
  readonly to: number;
  readonly n: number;
}

/** @param n at least 1 */
export function wilson(hits: number, n: number): Share {
  const share = hits / n;
  const spread = (Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2))) / (1 + Z ** 2 / n);
  const middle = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  return { share, from: Math.max(0, middle - spread), to: Math.min(1, middle + spread), n };
}
