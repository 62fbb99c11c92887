/** Streams that are not started, as problems: each by its own name, so that none hides another. Pure. */
import { name } from '../../shared/contract/names.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';
import type { RefusedStream } from '../check-streams.ts';
import type { Problem } from './problems.ts';

/** Those whose names are no names, and can stand in no record, are told together. */
export function refusals(refused: readonly RefusedStream[]): Problem[] {
  const isNamed = ({ stream }: RefusedStream) => name.safeParse(stream).success;
  const textOf = ({ stream, complaints }: RefusedStream) =>
    `stream "${stream}" is not started: ${describeComplaints(complaints)}`;
  const nameless = refused.filter((one) => !isNamed(one)).map(textOf);
  return [
    ...refused
      .filter(isNamed)
      .map((one): Problem => ({ code: 'config-invalid', message: textOf(one), count: 1, stream: one.stream })),
    ...(nameless.length > 0
      ? [{ code: 'config-invalid' as const, message: nameless.join('; '), count: nameless.length }]
      : []),
  ];
}
