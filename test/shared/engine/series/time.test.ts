import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTimeReader, unitOf } from '../../../../shared/engine/series/time.ts';
import { createZone } from '../../../../shared/engine/series/time-zone.ts';

const at = Date.UTC(2024, 2, 31, 14, 5, 9);

describe('formats', () => {
  test.each([
    ['dd/MM/yyyy HH:mm:ss', '31/03/2024 14:05:09', at],
    ['M/d/yyyy h:mm:ss a', '3/31/2024 2:05:09 PM', at],
    ['M/d/yyyy h:mm:ss a', '3/31/2024 12:05:09 a.m.', at - 14 * 3_600_000],
    ['dd.MM.yy HH:mm:ss,SSS', '31.03.24 14:05:09,250', at + 250],
    ['dd.MM.yy', '31.12.69', Date.UTC(2069, 11, 31)],
    ['dd.MM.yy', '01.01.70', 0],
    ["yyyy-MM-dd'T'HH:mm:ss.SX", '2024-03-31T16:05:09.5+02:00', at + 500],
    ['yyyyMMddHHmmss', '20240331140509', at],
    ['d.M.yyyy', '31.3.2024', Date.UTC(2024, 2, 31)],
    ["'on' yyyy/MM/dd", ' on 2024/03/31 ', Date.UTC(2024, 2, 31)],
    ['dd/MM/yyyy', '31-03-2024', undefined],
    ['dd/MM/yyyy', '03/31/2024', undefined],
    ['dd/MM/yyyy', 1_711_893_909, undefined],
  ])('%s: %s', (format, text, wanted) => expect(createTimeReader({ format })(text)).toBe(wanted));

  test.each([
    ['HH:mm', /has no year/],
    ['dd/MM/yyyy QQ', /no letter "Q"/],
  ])('%s is refused', (format, message) => expect(() => createTimeReader({ format })).toThrow(message));
});

test('a number counts in the unit that is said, or that its size says', () => {
  for (const [unit, factor] of [
    ['s', 1e-3],
    ['ms', 1],
    ['us', 1e3],
    ['ns', 1e6],
  ] as const) {
    expect(unitOf(at * factor)).toBe(unit);
    expect(createTimeReader()(at * factor)).toBeCloseTo(at, 3);
    expect(createTimeReader({ unit })(5000)).toBeCloseTo(5000 / factor, 6);
  }
});

describe('zones', () => {
  const berlin = createTimeReader({ zone: 'Europe/Berlin' });

  test('summer and winter', () => {
    expect(berlin('2024-07-01 12:00')).toBe(Date.UTC(2024, 6, 1, 10));
    expect(berlin('01.01.2024 12:00')).toBe(Date.UTC(2024, 0, 1, 11));
    expect(berlin('2024-07-01T12:00Z')).toBe(Date.UTC(2024, 6, 1, 12));
    expect(berlin(1_711_893_909)).toBe(at);
  });

  test('the hour that comes twice goes on, in rows a quarter of an hour apart', () => {
    const texts = ['02:30', '02:45', '02:00', '02:15', '02:30', '02:45', '03:00'];
    let before: number | undefined;
    const read = texts.map((text) => {
      before = berlin(`2024-10-27 ${text}`, before);
      return before;
    });
    const first = Date.UTC(2024, 9, 27, 0, 30);
    expect(read).toEqual(texts.map((_, i) => first + i * 900_000));
  });

  test.each([
    ['Europe/Berlin', '27.10.2024', '02:00', Date.UTC(2024, 9, 27, 0), 60],
    ['America/New_York', '03.11.2024', '01:00', Date.UTC(2024, 10, 3, 5), 60],
    ['America/St_Johns', '03.11.2024', '01:00', Date.UTC(2024, 10, 3, 3, 30), 60],
    ['Australia/Lord_Howe', '07.04.2024', '01:30', Date.UTC(2024, 3, 6, 14, 30), 30],
  ])('%s: both rounds of the hour that comes twice, dated by `timeFormat`', (zone, day, from, first, minutes) => {
    const read = createTimeReader({ zone, format: 'dd.MM.yyyy HH:mm' });
    const [hour, minute] = from.split(':').map(Number);
    const round = Array.from({ length: minutes / 10 }, (_, i) => {
      const total = (hour ?? 0) * 60 + (minute ?? 0) + 10 * i;
      return `${day} ${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;
    });
    let before: number | undefined = first - 1;
    const found = [...round, ...round].map((text) => {
      before = read(text, before);
      return before;
    });
    expect(found).toEqual(found.map((_, i) => first + i * 600_000));
  });

  test.each([
    ['Europe/Berlin', '31.03.2024', '01:50', '03:00', Date.UTC(2024, 2, 31, 1)],
    ['America/New_York', '10.03.2024', '01:50', '03:00', Date.UTC(2024, 2, 10, 7)],
    ['Australia/Lord_Howe', '06.10.2024', '01:50', '02:30', Date.UTC(2024, 9, 5, 15, 30)],
  ])('%s: over the hour that never was ten minutes pass, and no more', (zone, day, last, next, at) => {
    const read = createTimeReader({ zone, format: 'dd.MM.yyyy HH:mm' });
    const before = read(`${day} ${last}`);
    expect(before).toBe(at - 600_000);
    expect(read(`${day} ${next}`, before)).toBe(at);
  });

  test('an hour that never was lies after the change', () => {
    expect(berlin('2024-03-31 02:30')).toBe(Date.UTC(2024, 2, 31, 1, 30));
  });

  test('every moment is found again from what the wall shows, whatever the zone', () => {
    const moments = fc.integer({ min: Date.UTC(1990, 0, 1) / 60_000, max: Date.UTC(2037, 0, 1) / 60_000 });
    const names = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    );
    fc.assert(
      fc.property(moments, names, (minute, name) => {
        const moment = minute * 60_000;
        const parts = new Intl.DateTimeFormat('en-CA', {
          timeZone: name,
          hourCycle: 'h23',
          ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
        }).formatToParts(moment);
        const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
        const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'));
        expect(createZone(name).toUtc(local, moment - 1)).toBe(moment);
      }),
    );
  });

  test('a zone that is none', () => expect(() => createZone('Berlin/Europe')).toThrow('no zone'));
});

test('what lies beyond the year 9999 is no time, in any unit', () => {
  for (const unit of [undefined, 's', 'ms', 'us', 'ns'] as const)
    for (const number of [1e300, -1e300, '1e308', Number.MAX_VALUE])
      expect(createTimeReader({ unit })(number)).toBeUndefined();
  expect(createTimeReader({ unit: 's' })(1e13)).toBeUndefined();
  expect(createTimeReader()('9999-12-31T23:59:59Z')).toBe(Date.UTC(9999, 11, 31, 23, 59, 59));
});
