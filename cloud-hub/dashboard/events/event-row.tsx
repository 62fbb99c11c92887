import type { Event } from '../../contract/event.ts';
import { strengthOf } from '../sensors/reading-state.ts';
import { Time } from '../ui/time.tsx';
import { CorrectionBar } from './correction-bar.tsx';
import { correctionText, verdictWords } from './correction-words.ts';
import { countMeaning, countText } from './event-count.ts';
import { timeOf } from './event-time.ts';
import { opinionText, outcomeWords } from './opinion-words.ts';
import { Thumb } from './thumb.tsx';

interface EventRowProps {
  readonly event: Event;
  readonly onOpen: (event: Event) => void;
  /** An operator has corrected it, or taken that back; without it, he does so in the dialog. */
  readonly onChange?: (event: Event) => void;
  /** Labels to offer him. */
  readonly labels?: readonly string[];
  /** Name the device, where the list is of more than one. */
  readonly withDevice?: boolean;
}

export function EventRow({ event, onOpen, onChange, labels = [], withDevice = false }: EventRowProps) {
  return (
    <li data-testid="event" data-label={event.label} data-rule={event.rule} data-id={event.id}>
      <button
        type="button"
        class="event"
        data-kind={event.ruleKind}
        data-action={event.action}
        onClick={() => onOpen(event)}
      >
        <Thumb snapshot={event.snapshot} rule={event.ruleKind} alt={`Crop of ${event.label}`} />
        <span class="event-text">
          <span class="event-title">
            <strong>{event.label}</strong>
            <span class="num muted" title={event.value === undefined ? 'score' : 'score and threshold'}>
              {strengthOf(event)}
            </span>
            {event.track !== undefined && <span class="num faint">#{event.track}</span>}
          </span>
          <span class="event-what">
            <span class={`action ${event.action}`}>{event.action}</span> {event.rule}
            {event.count !== undefined && (
              <span class="num faint" title={countMeaning(event.ruleKind)}>
                {` · ${countText(event.ruleKind, event.count)}`}
              </span>
            )}
          </span>
          {event.opinion && (
            <span
              class={`pill ${outcomeWords[event.opinion.outcome].tone}`}
              data-testid="event-opinion"
              title={outcomeWords[event.opinion.outcome].meaning}
            >
              {opinionText(event.opinion)}
            </span>
          )}
          {!onChange && event.correction && (
            <span class={`pill ${verdictWords[event.correction.verdict].tone}`}>
              {correctionText(event.correction)}
            </span>
          )}
          {event.hold && (
            <span class="pill" title={`It stays until an admin releases it: ${event.hold.reason}`}>
              held
            </span>
          )}
          <span class="event-where faint">
            {withDevice && <span class="clip">{`${event.device} / ${event.stream}`}</span>}
            <Time at={timeOf(event)} />
          </span>
        </span>
      </button>
      {onChange && <CorrectionBar event={event} labels={labels} onChange={onChange} />}
    </li>
  );
}
