import { describe, expect, test } from 'vitest';
import { hindranceOf } from '../../../../cloud-hub/dashboard/live/hindrance.ts';

const well = { feed: 'open', online: true, stream: 'running' } as const;

describe('what stands between the viewer and the stream', () => {
  test.each([
    ['a feed that connects', { ...well, feed: 'connecting' }, 'Connecting to the hub…', true],
    [
      'a feed that waits, whatever is known of the rest',
      { feed: 'waiting', online: false, stream: 'refused' },
      'Connecting to the hub…',
      true,
    ],
    ['a feed that is stopped', { ...well, feed: 'stopped' }, 'Connecting to the hub…', true],
    [
      'a device that is away, whatever its stream was',
      { ...well, online: false, stream: 'refused' },
      'The device is offline',
      false,
    ],
    ['a stream that has ended', { ...well, stream: 'ended' }, 'The stream has ended', false],
  ] as const)('%s', (_name, facts, text, isBusy) => {
    expect(hindranceOf(facts)).toEqual({ text, isBusy });
    expect(hindranceOf(facts, '12 s ago')).toEqual({ text, isBusy, detail: '12 s ago' });
  });

  test('a stream that is refused or waits says why, in place of how old the last picture is', () => {
    const refused = { ...well, stream: 'refused' } as const;
    expect(hindranceOf({ ...refused, error: 'bad rule' }, 'old')).toEqual({
      text: 'The stream was refused',
      isBusy: false,
      detail: 'bad rule',
    });
    expect(hindranceOf(refused, 'old')?.detail).toBe('No reason given.');
    const waiting = { ...well, stream: 'waiting' } as const;
    expect(hindranceOf({ ...waiting, error: 'no route to host' }, 'old')).toEqual({
      text: 'The source does not answer',
      isBusy: true,
      detail: 'no route to host',
    });
    expect(hindranceOf(waiting, 'old')?.detail).toBe('Trying again.');
  });

  test('a stream that gives nothing says for how long, whether its source is open or not', () => {
    const stalled = { ...well, stream: 'stalled', stateS: 125, error: 'nothing has come of it' } as const;
    expect(hindranceOf(stalled, 'old')).toEqual({
      text: 'No data for 2 min',
      isBusy: false,
      detail: 'nothing has come of it',
    });
    expect(hindranceOf({ ...well, stream: 'stalled' })?.detail).toBe('No reason given.');
    const waiting = { ...well, stream: 'waiting', error: 'no route to host' } as const;
    expect(hindranceOf({ ...waiting, stateS: 59 })?.text).toBe('The source does not answer');
    expect(hindranceOf({ ...waiting, stateS: 7300 })?.text).toBe('The source does not answer: no data for 2 h');
  });

  test.each(['running', 'starting'] as const)('nothing, while it is %s', (stream) => {
    expect(hindranceOf({ ...well, stream }, 'old')).toBeUndefined();
  });
});
