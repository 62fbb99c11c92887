/** Something that was found out, and how. */
export interface Reasoned<T> {
  readonly value: T;
  /** False: somebody has to look at it. */
  readonly sure: boolean;
  readonly why: string;
}
