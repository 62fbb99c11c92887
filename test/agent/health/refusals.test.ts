import { expect, test } from 'vitest';
import { createProblems, type Problem } from '../../../agent/health/problems.ts';
import { refusals } from '../../../agent/health/refusals.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('each of several wrong streams is told at once; those whose names are no names together', () => {
  const complaints = [{ path: 'streams.x.fps', message: 'must be a number' }];
  const refused = ['gate', 'yard', 'a b', 'c/d', 'door'].map((stream) => ({ stream, complaints }));
  const written: Problem[] = [];
  const problems = createProblems(60_000, new ManualClock(), (problem) => written.push(problem));
  for (const found of refusals(refused)) problems.add(found);
  const said = (stream: string) => `stream "${stream}" is not started: streams.x.fps: must be a number`;
  expect(written).toEqual([
    ...['gate', 'yard', 'door'].map((stream) => ({ code: 'config-invalid', message: said(stream), count: 1, stream })),
    { code: 'config-invalid', message: `${said('a b')}; ${said('c/d')}`, count: 2 },
  ]);
  expect(refusals([])).toEqual([]);
});
