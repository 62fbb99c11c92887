import { describe, expect, test } from 'vitest';
import { createBoard } from '../../../agent/health/board.ts';
import type { SummaryBody } from '../../../agent/pipeline/outputs.ts';
import { type StreamConfig, streamConfig } from '../../../shared/contract/config/stream.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const configs = (streams: Record<string, object>): Map<string, StreamConfig> =>
  new Map(Object.entries(streams).map(([id, config]) => [id, streamConfig.parse({ model: 'm', ...config })]));
const camera = { source: 'rtsp://me:secret@camera/live' };
const sensor = { kind: 'sensor', source: { url: './a.csv' } };
const model = { name: 'm', version: '1.0.0', digest: 'd'.repeat(64), variant: 'fp32' };

function start(streams: Record<string, object>, refused: Parameters<typeof createBoard>[0]['refused'] = []) {
  let changes = 0;
  const clock = new ManualClock();
  const board = createBoard({ streams: configs(streams), refused }, clock, () => void changes++);
  return { board, clock, changes: () => changes };
}
const summary = (stream: string, inferred: number, intervalMs = 1000): SummaryBody => ({
  ...{ kind: 'summary', stream, intervalMs, frames: inferred, inferred, gated: 0, dropped: 0, failed: 0 },
  ...{ labels: {}, tracks: {}, scores: [], latencyMs: { p50: 0, p95: 0, max: 0 } },
});
const complaint = { path: 'source.url', message: 'is of no known kind' };

test('every stream is shown as it begins: without its password, with its rules', () => {
  const points = [
    [0, 0],
    [1, 1],
  ];
  const rules = [
    { kind: 'line', name: 'door', points },
    { kind: 'threshold', name: 'crowd' },
  ];
  const { board, changes } = start({ gate: { ...camera, rules }, pump: sensor });
  expect(board.streams()).toEqual([
    {
      ...{ id: 'gate', state: 'starting', stateS: 0, source: 'rtsp://camera/…', fps: 0 },
      rules: [
        { name: 'door', kind: 'line', points },
        { name: 'crowd', kind: 'threshold' },
      ],
    },
    { id: 'pump', kind: 'sensor', state: 'starting', stateS: 0, source: './a.csv', fps: 0, rules: [] },
  ]);
  expect([board.has('gate'), board.has('yard'), changes()]).toEqual([true, false, 0]);
});

test('what a runner says is kept until it says otherwise; an error is gone with the next word', () => {
  const { board, changes } = start({ gate: camera });
  board.set('gate', { state: 'running', model, width: 640, height: 480 });
  board.sign('gate', true);
  board.measure(summary('gate', 5));
  board.set('gate', { state: 'waiting', error: 'x'.repeat(3000) });
  expect(board.streams()).toMatchObject([{ state: 'waiting', fps: 0, width: 640, model, error: 'x'.repeat(2048) }]);
  board.set('gate', { state: 'running' });
  expect(board.streams()[0]).not.toHaveProperty('error');
  board.set('nobody', { state: 'running' });
  expect([board.has('nobody'), changes()]).toEqual([false, 5]);
});

test('the rate is told when it has changed by more than a tenth', () => {
  const { board, changes } = start({ gate: camera });
  const rates = [100, 110, 89, 90, 98, 0, 0].map((inferred) => {
    board.measure(summary('gate', inferred, 10_000));
    return board.streams()[0]?.fps;
  });
  expect(rates).toEqual([10, 10, 8.9, 8.9, 9.8, 0, 0]);
  board.measure(summary('nobody', 100));
  expect(changes()).toBe(4);
  board.set('gate', { state: 'running' });
  board.measure(summary('gate', 1, 3000));
  expect(board.streams()[0]?.fps).toBe(0.3);
});

test('the rate that a stream asks for is told, and no longer when it asks for all', () => {
  const { board } = start({ gate: { ...camera, fps: 5 }, yard: camera, pump: sensor });
  const asked = () => board.streams().map(({ id, askedFps }) => [id, askedFps]);
  expect(asked()).toEqual([
    ['gate', 5],
    ['yard', undefined],
    ['pump', undefined],
  ]);
  board.show(configs({ gate: camera, yard: { ...camera, fps: 2 } }), []);
  expect(asked()).toEqual([
    ['gate', undefined],
    ['yard', 2],
  ]);
});

test('other streams: what stays keeps what is known, what goes is gone, what is refused says why', () => {
  const { board, changes } = start({ gate: camera, pump: sensor }, [{ stream: 'yard', complaints: [complaint] }]);
  expect(board.streams().at(-1)).toEqual({
    ...{
      id: 'yard',
      state: 'refused',
      stateS: 0,
      source: '',
      fps: 0,
      rules: [],
      error: expect.stringContaining('no known kind'),
    },
  });
  board.set('gate', { state: 'running', model, width: 640, height: 480 });
  board.sign('gate', true);
  board.measure(summary('gate', 5));
  const before = changes();
  board.show(configs({ gate: { source: './b.mp4' }, yard: camera }), [
    { stream: 'Not A Name', complaints: [complaint] },
    { stream: 'pump', complaints: [complaint] },
  ]);
  expect(changes()).toBe(before + 1);
  expect(board.streams()).toEqual([
    { id: 'gate', state: 'running', stateS: 0, source: './b.mp4', fps: 5, rules: [], model, width: 640, height: 480 },
    { id: 'yard', state: 'starting', stateS: 0, source: 'rtsp://camera/…', fps: 0, rules: [] },
    {
      id: 'pump',
      state: 'refused',
      stateS: 0,
      source: '',
      fps: 0,
      rules: [],
      error: expect.stringContaining('no known kind'),
    },
  ]);
});

test('a stream that becomes one of another kind keeps nothing of the kind that it was', () => {
  const { board } = start({ pump: sensor });
  board.show(configs({ pump: camera }), []);
  expect(board.streams()[0]).not.toHaveProperty('kind');
  board.show(configs({ pump: { kind: 'audio', source: './a.wav' } }), []);
  expect(board.streams()[0]).toMatchObject({ kind: 'audio' });
});

describe('a stream is what comes of it, not what was said of its source', () => {
  const states = (board: ReturnType<typeof start>['board']) =>
    board.streams().map(({ state, stateS, error }) => [state, stateS, ...(error === undefined ? [] : [error])]);
  const pass = async (clock: ManualClock, board: ReturnType<typeof start>['board'], s: number) => {
    await clock.advance(s * 1000);
    board.look();
  };

  test('open and silent it is starting, then stalled; a frame makes it run; silence makes it stall, from the last frame on', async () => {
    const { board, clock, changes } = start({ gate: camera });
    board.set('gate', { state: 'running', waitLimitMs: 20_000 });
    await pass(clock, board, 20);
    expect(states(board)).toEqual([['starting', 20]]);
    await pass(clock, board, 1);
    expect(states(board)).toEqual([['stalled', 21, 'it is open, and has given nothing for 20 s']]);
    board.sign('gate', true);
    expect([states(board), board.answers('gate')]).toEqual([[['running', 21]], true]);
    board.measure(summary('gate', 5));
    const before = changes();
    await pass(clock, board, 20);
    expect([board.streams()[0]?.state, changes()]).toEqual(['running', before]);
    await pass(clock, board, 1);
    expect(states(board)).toEqual([['stalled', 21, 'nothing has come of it, or was answered, for 20 s']]);
    expect([changes(), board.streams()[0]?.fps, board.answers('gate')]).toEqual([before + 1, 0, false]);
    await pass(clock, board, 100);
    expect([board.streams()[0]?.stateS, changes()]).toEqual([121, before + 1]);
    board.sign('gate', false);
    expect([board.streams()[0]?.state, board.answers('gate')]).toEqual(['running', false]);
  });

  test('one that does not open, because its thread hangs, is stalled after a minute', async () => {
    const { board, clock } = start({ gate: camera });
    await pass(clock, board, 60);
    expect(states(board)).toEqual([['starting', 60]]);
    await pass(clock, board, 1);
    expect(states(board)).toEqual([['stalled', 61, 'it has not opened within 60 s']]);
  });

  test('a camera that is tried again and again has been away since its last frame', async () => {
    const { board, clock } = start({ gate: camera });
    board.set('gate', { state: 'running' });
    board.sign('gate', true);
    for (let tries = 0; tries < 5; tries++) {
      await pass(clock, board, 30);
      board.set('gate', { state: 'waiting', error: `try ${tries}` });
    }
    expect(states(board)).toEqual([['waiting', 150, 'try 4']]);
    // Open again, it has to show a frame first: those of before do not count.
    board.set('gate', { state: 'running' });
    expect(board.streams()[0]?.state).toBe('starting');
    await pass(clock, board, 11);
    expect(states(board)).toEqual([['stalled', 161, expect.stringContaining('has given nothing for 10 s')]]);
    board.sign('gate', true);
    // Another size of the same camera is no new beginning.
    board.set('gate', { state: 'running', width: 320 });
    expect(board.streams()[0]?.state).toBe('running');
  });

  test('signs of a stream that has ended, waits or is unknown say nothing', () => {
    const { board } = start({ gate: camera });
    for (const state of ['ended', 'waiting', 'refused', 'starting'] as const) {
      board.set('gate', { state });
      board.sign('gate', true);
      expect([board.streams()[0]?.state, board.answers('gate')]).toEqual([state, false]);
    }
    board.sign('nobody', true);
    expect(board.answers('nobody')).toBe(false);
  });

  test('when it was taken up is known, also after a hand-over', async () => {
    const { board, clock } = start({ gate: camera });
    expect(board.begunAt('gate')).toBe(Number.NEGATIVE_INFINITY);
    board.set('gate', { state: 'starting' });
    const first = board.begunAt('gate');
    await clock.advance(1000);
    board.set('gate', { state: 'running' });
    expect(board.begunAt('gate')).toBe(first);
    board.set('gate', { state: 'starting' });
    expect(board.begunAt('gate')).toBe(first + 1000);
  });
});

test('what is wrong with the pictures of a camera is shown while they come, and told once', () => {
  const { board, changes } = start({ gate: camera });
  const seen = () => board.streams().map(({ state, picture }) => [state, picture]);
  board.set('gate', { state: 'running' });
  board.sign('gate', true);
  const before = changes();
  board.looks('gate', 'frozen');
  board.looks('gate', 'frozen');
  board.looks('nobody', 'frozen');
  expect([seen(), changes()]).toEqual([[['running', 'frozen']], before + 1]);
  board.set('gate', { state: 'waiting', error: 'gone' });
  expect(seen()).toEqual([['waiting', undefined]]);
  board.set('gate', { state: 'running' });
  board.sign('gate', true);
  expect(seen()).toEqual([['running', 'frozen']]);
  board.looks('gate', undefined);
  expect(seen()).toEqual([['running', undefined]]);
  board.looks('gate', 'dark');
  board.set('gate', { state: 'starting' });
  board.set('gate', { state: 'running' });
  board.sign('gate', true);
  expect(seen()).toEqual([['running', undefined]]);
});
