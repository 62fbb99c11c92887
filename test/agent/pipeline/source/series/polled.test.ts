/** A source that is asked: its pace, its failures and its end, by a clock that the test moves; only the server is played. */
import { expect, onTestFinished, test } from 'vitest';
import { type Asker, openPolled } from '../../../../../agent/pipeline/source/series/polled.ts';
import { sensorSource } from '../../../../../shared/contract/config/sensor-source.ts';
import { CodedError } from '../../../../../shared/kit/errors.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

type Answer = { readonly value: number; readonly at?: number } | string | Error | 'never';

/** What a server says to each question; the last answer is repeated. */
async function asked(answers: readonly Answer[], { everyS = 1, quietMs = 3_600_000, makes = [] as Error[] } = {}) {
  const clock = new ManualClock();
  const begin = clock.wall();
  const seen = {
    opened: 0,
    at: [] as number[],
    samples: [] as number[],
    problems: [] as string[],
    end: [] as string[],
    made: 0,
    closed: 0,
    most: 0,
  };
  let open = 0;
  const create = async (): Promise<Asker> => {
    const wrong = makes[seen.made++];
    if (wrong && wrong.message !== '') throw wrong;
    seen.most = Math.max(seen.most, ++open);
    let isOpen = true;
    return {
      ask: (signal) =>
        new Promise((resolve, reject) => {
          const answer = answers[Math.min(seen.at.length, answers.length - 1)];
          seen.at.push(clock.mono());
          if (answer instanceof Error) reject(answer);
          else if (answer === 'never') signal.addEventListener('abort', () => reject(signal.reason));
          else if (typeof answer === 'string') resolve(answer);
          else if (answer) resolve([(place) => (place === 'value' ? answer.value : undefined)]);
        }),
      close() {
        seen.closed++;
        if (isOpen) open--;
        isOpen = false;
      },
    };
  };
  const source = sensorSource.parse({ url: 'http://127.0.0.1/', everyS });
  const polled = openPolled({ source, channels: ['value'], quietMs, clock }, create, {
    onOpened: () => void seen.opened++,
    async onSamples(samples) {
      seen.samples.push(...samples.map(({ atMs }) => atMs - begin));
    },
    onProblem: (code, message) => void seen.problems.push(`${code} ${message}`),
    onEnd: (failure) => void seen.end.push(failure ? `${failure.code} ${failure.message}` : 'in order'),
  });
  onTestFinished(() => polled.close());
  await clock.advance(0);
  return { clock, seen, polled, open: () => open };
}

const good = { value: 7 };
const no = new Error('refused');

test('it is asked at its pace, from the first question on; samples are dated by their arrival', async () => {
  const { clock, seen } = await asked([good], { everyS: 2 });
  await clock.advance(6000);
  expect(seen).toMatchObject({ opened: 1, at: [0, 2000, 4000, 6000], samples: [0, 2000, 4000, 6000], made: 1 });
  expect(seen.problems).toEqual([]);
});

test('points of time that pass while an answer is awaited are left out, and the pace stays', async () => {
  const { clock, seen } = await asked([good, 'never', good]);
  await clock.advance(9000);
  // Asked at 1 s, given up after 5 s; the next point of time is 7 s.
  expect(seen.at).toEqual([0, 1000, 7000, 8000, 9000]);
  expect(seen.problems).toEqual([expect.stringMatching(/^source-stalled .*no answer within 5 s$/)]);
});

test('the first question decides: what does not answer is not opened, and says why by its own code', async () => {
  const table: [Answer, string][] = [
    [no, 'source-open http://127.0.0.1/: refused'],
    [new CodedError('source-auth', 'who are you'), 'source-auth http://127.0.0.1/: who are you'],
  ];
  for (const [answer, told] of table) {
    const { seen, open } = await asked([answer]);
    expect(seen).toMatchObject({ opened: 0, end: [told], problems: [], closed: 1 });
    expect(open()).toBe(0);
  }
  const refused = await asked([good], { makes: [new CodedError('source-open', 'no such file')] });
  expect(refused.seen).toMatchObject({
    opened: 0,
    at: [],
    end: [expect.stringMatching(/^source-open .*no such file$/)],
  });
});

test('an answer without a row is no failure, however long; it opens the source', async () => {
  const { clock, seen } = await asked(['nothing yet']);
  await clock.advance(60_000);
  expect(seen).toMatchObject({ opened: 1, end: [], made: 1, samples: [] });
  expect(seen.problems[0]).toMatch(/^sensor-row .*nothing yet/);
});

test('each failure begins the connection anew, and there is never more than one', async () => {
  const { clock, seen, open } = await asked([good, no, good, no, no, good]);
  await clock.advance(10_000);
  expect(seen).toMatchObject({ made: 4, closed: 3, most: 1, end: [] });
  expect(open()).toBe(1);
});

test.each([
  [1, [good, no], 11_000],
  // Fewer than three failures are none that last.
  [20, [good, no], 60_000],
])(
  'asked each %i s and without an answer: it ends after ten seconds and three failures',
  async (everyS, answers, endMs) => {
    const { clock, seen, open } = await asked(answers, { everyS });
    await clock.advance(endMs - 1);
    expect(seen.end).toEqual([]);
    await clock.advance(1);
    expect(seen.end).toEqual(['source-ended http://127.0.0.1/: refused']);
    expect(open()).toBe(0);
    const questions = seen.at.length;
    await clock.advance(60_000);
    expect([seen.at.length, seen.end.length]).toEqual([questions, 1]);
  },
);

test('an answer in between ends the count of failures: a second outage has as long as the first', async () => {
  const outage = new Array<Answer>(10).fill(no);
  const { clock, seen } = await asked([good, ...outage, good, ...outage, good, ...outage, good]);
  await clock.advance(60_000);
  expect(seen.end).toEqual([]);
  // The same without an answer in one of ten seconds.
  const longer = await asked([good, ...outage, good, ...outage, no, no]);
  await longer.clock.advance(60_000);
  expect(longer.seen.end).toHaveLength(1);
});

test('a connection that cannot be begun anew ends the source by its own code', async () => {
  const { clock, seen, open } = await asked([good, no], {
    makes: [new Error(''), new CodedError('source-auth', 'the file is gone')],
  });
  await clock.advance(5000);
  expect(seen.end).toEqual(['source-auth http://127.0.0.1/: the file is gone']);
  expect(open()).toBe(0);
});

test('while its answers have no row, that is told once a silence, by the limit that was given', async () => {
  const { clock, seen } = await asked([good, ...new Array<Answer>(20).fill('none'), good, 'none'], { quietMs: 8000 });
  await clock.advance(20_000);
  const stalled = () => seen.problems.filter((text) => text.includes('no usable row for 8 s')).length;
  expect(stalled()).toBe(1);
  await clock.advance(8000);
  expect(stalled()).toBe(1);
  await clock.advance(2000);
  expect(stalled()).toBe(2);
});

test('closed: the question under way ends, nothing is told after it, and the connection is given back', async () => {
  for (const answers of [[good, 'never'], [good], ['never']] satisfies Answer[][]) {
    const { clock, seen, polled, open } = await asked(answers);
    await clock.advance(1500);
    await polled.close();
    const before = structuredClone(seen);
    await clock.advance(60_000);
    expect(seen).toEqual(before);
    expect(seen.end).toEqual([]);
    expect(open()).toBe(0);
  }
});
