/**
 * Lines that come over a serial port (RS-232, RS-485, USB): each is a row in JSON, or the values between commas, semicolons, tabs or spaces, named
 * by `columns`. What arrives while the walk is busy waits, and beyond `MAX_WAITING` the oldest are dropped and counted.
 *
 * Invariants:
 * 1. The first line may have begun before we listened: it is left out.
 * 2. `onEnd` is called at most once, and never after `close`. A port that goes away ends the source, which is opened again from outside.
 */
import { createCsvReader } from '../../../../shared/engine/series/csv.ts';
import { readJsonRows } from '../../../../shared/engine/series/json.ts';
import { createLineSplitter, type Line, MAX_LINE } from '../../../../shared/engine/series/lines.ts';
import { planRow, type Row } from '../../../../shared/engine/series/row.ts';
import { messageOf } from '../../../../shared/kit/errors.ts';
import { createArrival } from './arrival.ts';
import { createFaults, isRound } from './faults.ts';
import type { PolledOptions } from './polled.ts';
import { createQuiet, secondsOf } from './quiet.ts';
import { createRows } from './rows.ts';
import type { Sample, SampleEvents, SampleSource } from './source.ts';

const LOOK_MS = 1_000;
const MAX_WAITING = 4096;
const BAUD_RATE = 9600;

/** The path of the port in an address. */
export function portOf(url: string): string {
  return url.replace(/^serial:/i, '');
}

export function openSerial(options: PolledOptions, events: SampleEvents): SampleSource {
  const { source, channels, clock, quietMs, ownRhythm } = options;
  const faults = createFaults(clock, events.onProblem);
  const rows = createRows(
    planRow(channels, source),
    source.holdS,
    (code, message) => faults.add(code, `${source.url}: ${message}`),
    true,
  );
  const read = createReader(source.columns, source.rows);
  const arrival = createArrival(clock);
  const splitter = createLineSplitter();
  const quiet = createQuiet(clock, quietMs, ownRhythm);
  let isFirst = true;
  let isOpen = true;
  let isBusy = false;
  let waiting: Sample[] = [];
  let dropped = 0;
  let closePort = async () => {};

  const hand = async () => {
    isBusy = true;
    while (isOpen && waiting.length > 0) {
      const [samples, lost] = [waiting, dropped];
      waiting = [];
      dropped = 0;
      await events.onSamples(samples, lost);
    }
    isBusy = false;
  };
  const take = (line: Line) => {
    if (isFirst || line.text.trim() === '') {
      isFirst = false;
      return;
    }
    const others = rows.others;
    const found = line.cut ? `is longer than ${MAX_LINE} characters` : read(line.text);
    const samples = typeof found === 'string' ? rows.refuse(found) : rows.take(found, arrival());
    if (rows.others > others && isRound(rows.others)) events.onNote?.(`${source.url}: ${rows.describeOthers()}`);
    if (samples.length === 0) return;
    quiet.look(true);
    waiting.push(...samples);
    if (waiting.length > MAX_WAITING) dropped += waiting.splice(0, waiting.length - MAX_WAITING).length;
    if (!isBusy) void hand();
  };
  const cancelLook = clock.every(LOOK_MS, () => {
    if (quiet.look(false))
      faults.add('source-stalled', `${source.url}: no usable line for ${secondsOf(quiet.limitMs)} s`);
  });
  const end = async () => {
    isOpen = false;
    cancelLook();
    faults.flush();
    await closePort();
  };
  const fail = (code: 'source-open' | 'source-ended', message: string) => {
    if (!isOpen) return;
    void end();
    events.onEnd({ code, message: `${source.url}: ${message}` });
  };

  const open = async () => {
    // Its native part is for those who use it.
    const { SerialPort } = await import('serialport');
    if (!isOpen) return;
    const { baudRate = BAUD_RATE, parity = 'none' } = source;
    const port = new SerialPort({ path: portOf(source.url), baudRate, parity, autoOpen: false });
    closePort = () => new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve()));
    port.on('data', (bytes: Buffer) => {
      if (isOpen) for (const line of splitter.push(bytes)) take(line);
    });
    port.on('error', (error) => fail('source-ended', messageOf(error)));
    port.on('close', () => fail('source-ended', 'the port has gone away'));
    port.open((error) => {
      if (error) return fail('source-open', `the port cannot be opened: ${messageOf(error)}`);
      if (!isOpen) return void closePort();
      events.onOpened();
    });
  };
  open().catch((error: unknown) => fail('source-open', messageOf(error)));
  return { close: end };
}

/** What reads a line; without names of columns it is JSON. */
function createReader(columns: readonly string[] | undefined, at: string | undefined) {
  if (!columns) return (text: string): readonly Row[] | string => readJsonRows(text, at);
  const comma = createCsvReader(columns.join(','), ',');
  const semicolon = createCsvReader(columns.join(';'), ';');
  const tab = createCsvReader(columns.join('\t'), '\t');
  return (text: string): readonly Row[] | string => {
    const line = text.trim();
    // Several spaces are one.
    const [reader, fields] = line.includes(';')
      ? [semicolon, line]
      : line.includes(',')
        ? [comma, line]
        : [tab, line.replaceAll(/\s+/g, '\t')];
    const row = reader.read(fields);
    return typeof row === 'string' ? row : [row];
  };
}
