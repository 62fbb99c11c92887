import { useState } from 'preact/hooks';
import type { NewCorrection } from '../../contract/correction.ts';
import type { Event } from '../../contract/event.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { TextForm } from '../ui/text-form.tsx';
import { useAct } from '../ui/use-act.ts';
import { correctionText, verdictWords } from './correction-words.ts';

interface CorrectionBarProps {
  readonly event: Event;
  /** Offered for "other label". */
  readonly labels: readonly string[];
  /** The event as it is after a press. */
  readonly onChange: (event: Event) => void;
}

const LABELS_OFFERED = 100;

/** One press says that an event is right or wrong; a label says what it was. Another press takes it back. */
export function CorrectionBar({ event, labels, onChange }: CorrectionBarProps) {
  const { api } = useServices();
  const mayOperate = useMayOperate();
  const act = useAct();
  const [isNaming, setNaming] = useState(false);
  const { id, correction } = event;
  if (!mayOperate && !correction) return null;
  const say = (body: NewCorrection) =>
    act.run(
      () => api.correct(id, body),
      (changed) => {
        setNaming(false);
        onChange(changed);
      },
    );
  const takeBack = () =>
    act.run(
      () => api.takeCorrectionBack(id),
      () => {
        const { correction: _, ...rest } = event;
        onChange(rest);
      },
    );
  return (
    <div class="correction" data-testid="correction" data-verdict={correction?.verdict ?? 'none'}>
      {correction && (
        <>
          <span
            class={`pill ${verdictWords[correction.verdict].tone}`}
            title={`${verdictWords[correction.verdict].meaning}, says ${correction.by}`}
          >
            {correctionText(correction)}
          </span>
          {mayOperate && (
            <button type="button" class="button small quiet" disabled={act.isBusy} onClick={takeBack}>
              Undo
            </button>
          )}
        </>
      )}
      {!correction && !isNaming && (
        <>
          <Press
            text="✓"
            title="Right"
            meaning={verdictWords.right.meaning}
            isBusy={act.isBusy}
            onPress={() => say({ verdict: 'right' })}
          />
          <Press
            text="✕"
            title="Wrong"
            meaning={verdictWords.wrong.meaning}
            isBusy={act.isBusy}
            onPress={() => say({ verdict: 'wrong' })}
          />
          <Press
            text="Other…"
            title="Other label"
            meaning={verdictWords.other.meaning}
            isBusy={act.isBusy}
            onPress={() => setNaming(true)}
          />
        </>
      )}
      {!correction && isNaming && (
        <TextForm
          name="What it was"
          example="what it was"
          maxLength={128}
          button="Set"
          offered={[...new Set([event.opinion?.label ?? '', ...labels])]
            .filter((one) => one !== '' && one !== event.label)
            .slice(0, LABELS_OFFERED)}
          isBusy={act.isBusy}
          onSet={(label) => say({ verdict: 'other', label })}
          onCancel={() => setNaming(false)}
        />
      )}
      {act.failure !== undefined && (
        <span class="bad-text" role="alert">
          {act.failure}
        </span>
      )}
    </div>
  );
}

interface PressProps {
  readonly text: string;
  readonly title: string;
  readonly meaning: string;
  readonly isBusy: boolean;
  readonly onPress: () => void;
}

function Press({ text, title, meaning, isBusy, onPress }: PressProps) {
  return (
    <button
      type="button"
      class="button small quiet"
      aria-label={title}
      title={meaning}
      disabled={isBusy}
      onClick={onPress}
    >
      {text}
    </button>
  );
}
