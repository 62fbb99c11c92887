import type { Event } from '../../contract/event.ts';
import { Link } from '../navigation/link.tsx';
import { bandOf, contributionsOf } from '../sensors/reading-state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { percent, short, span } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { CorrectionBar } from './correction-bar.tsx';
import { correctionText } from './correction-words.ts';
import { HoldBar } from './hold-bar.tsx';
import { NormalButton } from './normal-button.tsx';
import { opinionText, outcomeWords } from './opinion-words.ts';
import { Thumb } from './thumb.tsx';

interface EventDialogProps {
  /** The list it was opened from, for stepping with the arrow keys. */
  readonly events: readonly Event[];
  readonly event: Event;
  /** Labels to offer an operator who corrects it. */
  readonly labels?: readonly string[];
  readonly onShow: (event: Event | undefined) => void;
  readonly onChange: (event: Event) => void;
}

const LATE_MS = 60_000;

/** An event with its crop and every field. */
export function EventDialog({ events, event, labels = [], onShow, onChange }: EventDialogProps) {
  const index = events.findIndex(({ id }) => id === event.id);
  const newer = index > 0 ? events[index - 1] : undefined;
  const older = index >= 0 ? events[index + 1] : undefined;
  const onKey = (key: string) => {
    if (key === 'ArrowLeft' && newer) onShow(newer);
    if (key === 'ArrowRight' && older) onShow(older);
  };
  return (
    <Dialog
      title={`${event.label}: ${event.action} ${event.rule}`}
      class="event-dialog"
      onClose={() => onShow(undefined)}
      onKey={onKey}
    >
      <div class="event-detail">
        <Thumb large snapshot={event.snapshot} rule={event.ruleKind} alt={`Crop of ${event.label}`} />
        <Facts facts={factsOf(event)} />
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" disabled={!newer} onClick={() => newer && onShow(newer)}>
          ← Newer
        </button>
        <button type="button" class="button" disabled={!older} onClick={() => older && onShow(older)}>
          Older →
        </button>
        {event.ruleKind === 'anomaly' && <NormalButton event={event} />}
        <span class="spacer" />
        <HoldBar key={`hold ${event.id}`} event={event} onChange={onChange} />
        <CorrectionBar key={event.id} event={event} labels={labels} onChange={onChange} />
      </footer>
    </Dialog>
  );
}

function factsOf(event: Event) {
  const late = Date.parse(event.receivedAt) - Date.parse(event.at);
  return [
    ['Time', <Time key="at" at={event.at} />],
    [
      'Received',
      <>
        <Time at={event.receivedAt} />
        {event.clock !== 'wrong' && late > LATE_MS && ` (${span(late)} later)`}
      </>,
    ],
    ['Device clock', event.clock === 'synced' ? 'synchronised' : clockText(event.clock)],
    [
      'Device',
      <Link key="device" to={{ page: 'device', device: event.device, stream: event.stream }}>
        {event.device}
      </Link>,
    ],
    ['Stream', event.stream],
    ['Rule', `${event.rule} (${event.ruleKind})`],
    ['Action', event.action],
    ['Label', event.label],
    ['Level', event.level],
    ['Greatest score', event.peak === undefined ? undefined : short(event.peak)],
    ['Lasted', event.durationMs === undefined ? undefined : span(event.durationMs)],
    ['Contributions', event.contributions && contributionsOf(event.contributions)],
    ['Values', event.values && valuesOf(event.values, event.expected)],
    ['Value', event.value === undefined ? undefined : short(event.value)],
    ['Threshold', event.threshold === undefined ? undefined : short(event.threshold)],
    ['Score', event.value === undefined ? percent(event.score) : undefined],
    ['Track', event.track],
    ['Count', event.count],
    ['Box', event.box && `x ${percent(event.box[0])}, y ${percent(event.box[1])}, ${boxSize(event.box)}`],
    ['In the stream', `${short(event.ptsMs / 1000)} s`],
    ['Model', event.model],
    [
      'Second opinion',
      event.opinion && (
        <>
          {`${opinionText(event.opinion)}, by ${event.opinion.model} `}
          <Time at={event.opinion.at} />
          {`: ${outcomeWords[event.opinion.outcome].meaning}`}
        </>
      ),
    ],
    [
      'Corrected',
      event.correction && (
        <>
          {`${correctionText(event.correction)}, by ${event.correction.by} `}
          <Time at={event.correction.at} />
        </>
      ),
    ],
    [
      'Held',
      event.hold && (
        <>
          {`${event.hold.reason}, by ${event.hold.by} `}
          <Time at={event.hold.at} />
        </>
      ),
    ],
    ['Id', <code key="id">{event.id}</code>],
  ] as const;
}

/** Channels that are written out; a model may have hundreds. */
const VALUES_SHOWN = 8;

function valuesOf(values: NonNullable<Event['values']>, expected: Event['expected'] = {}): string {
  const all = Object.entries(values).map(([channel, value]) => {
    const band = expected[channel];
    return `${channel} ${short(value)}${band ? ` (expected ${bandOf(band)})` : ''}`;
  });
  return [...all.slice(0, VALUES_SHOWN), ...(all.length > VALUES_SHOWN ? [`+${all.length - VALUES_SHOWN}`] : [])].join(
    ', ',
  );
}

const boxSize = (box: NonNullable<Event['box']>) => `${percent(box[2])} × ${percent(box[3])} of the frame`;

function clockText(clock: string): string {
  return clock === 'wrong' ? 'wrong: use the time received' : 'not synchronised: the time may be wrong';
}
