import { useState } from 'preact/hooks';
import type { HybridStream } from '../../contract/opinion.ts';
import type { StreamThresholds, ThresholdAdvice } from '../../contract/threshold.ts';
import { useRead } from '../lists/use-read.ts';
import { useServices } from '../services.ts';
import { useMayOperate } from '../session/use-role.ts';
import { Failure } from '../ui/failure.tsx';
import { percent, whole } from '../ui/format.ts';
import { SelectField } from '../ui/select-field.tsx';
import { useAct } from '../ui/use-act.ts';
import { ThresholdControls } from './threshold-controls.tsx';
import { changeText, precisionText, withProposal } from './threshold-words.ts';

const EVERY_MS = 30_000;
const PRECISIONS = ['0.8', '0.9', '0.95', '0.99'];

/** Which thresholds of a stream reach a precision, by the frames that chance chose. */
export function ThresholdPanel({ streams }: { streams: readonly HybridStream[] }) {
  const { api } = useServices();
  const [key, setKey] = useState('');
  const [wanted, setWanted] = useState('0.9');
  const keys = streams.map(({ device, stream }) => `${device} / ${stream}`);
  const index = Math.max(0, keys.indexOf(key));
  const { device = '', stream = '' } = streams[index] ?? {};
  const read = useRead(
    (signal) => api.thresholds(device, stream, Number(wanted), signal),
    `${device}/${stream}/${wanted}`,
    EVERY_MS,
  );
  const course = useRead((signal) => api.agreement(device, stream, signal), `${device}/${stream}`, EVERY_MS);
  const { answer, reason } = read.state.value;
  const agreement = course.state.value.answer;
  return (
    <section class="panel" aria-label="Thresholds" data-testid="hybrid-thresholds">
      <header class="panel-head">
        <h2>Thresholds</h2>
        {answer && <span class="muted num">{`${whole(answer.frames)} frames that chance chose`}</span>}
      </header>
      <div class="prices">
        <SelectField
          title="Stream"
          value={keys[index] ?? ''}
          options={Object.fromEntries(keys.map((one) => [one, one]))}
          onChange={setKey}
        />
        <SelectField
          title="Wanted precision"
          value={wanted}
          options={Object.fromEntries(PRECISIONS.map((one) => [one, percent(Number(one))]))}
          onChange={setWanted}
        />
        <p class="muted">
          Precision: how many of the objects that the edge reports the hub sees too. Only frames that chance chose
          decide: what was sent in doubt, and events, are no fair sample. A proposal that is applied reaches the device
          at once; the stream does not restart.
        </p>
      </div>
      {agreement && (
        <p class="hint muted" data-testid="hybrid-drift" data-drift={agreement.drift}>
          {`Agreement of edge and hub, last day against before: ${agreement.reason}.`}
        </p>
      )}
      {answer && <ThresholdControls answer={answer} onChanged={read.again} />}
      {reason !== undefined && <Failure reason={reason} onRetry={read.again} />}
      {answer && answer.items.length === 0 && (
        <p class="hint muted">Nothing is known yet: no frame that the hub answered shows an object.</p>
      )}
      {answer && answer.items.length > 0 && (
        <div class="scroll">
          <table class="figures">
            <thead>
              <tr>
                <th scope="col">label</th>
                <th scope="col">today</th>
                <th scope="col">proposed</th>
                <th scope="col">what it changes</th>
                <th scope="col" aria-label="action" />
              </tr>
            </thead>
            <tbody>
              {answer.items.map((advice) => (
                <Row key={advice.label} advice={advice} answer={answer} onChanged={read.again} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface RowProps {
  readonly advice: ThresholdAdvice;
  readonly answer: StreamThresholds;
  readonly onChanged: () => void;
}

function Row({ advice, answer, onChanged }: RowProps) {
  const { api } = useServices();
  const mayOperate = useMayOperate();
  const act = useAct();
  const { label, today, proposed, reason } = advice;
  const apply = () => api.setThresholds(answer.device, answer.stream, withProposal(answer, advice));
  return (
    <tr data-testid="hybrid-threshold" data-label={label}>
      <th scope="row">{label}</th>
      <td class="num">{today ? precisionText(today) : <span class="faint">not known</span>}</td>
      <td class="num">{proposed ? precisionText(proposed) : <span class="faint">none</span>}</td>
      <td class="wordy">{act.failure ?? (proposed ? changeText(advice) : reason)}</td>
      <td>
        {proposed && mayOperate && (
          <button
            type="button"
            class="button small primary"
            disabled={act.isBusy}
            onClick={() => act.run(apply, onChanged)}
          >
            Apply
          </button>
        )}
      </td>
    </tr>
  );
}
