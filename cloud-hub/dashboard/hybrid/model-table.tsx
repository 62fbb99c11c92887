import type { Hybrid } from '../../contract/opinion.ts';
import { bytes, whole } from '../ui/format.ts';
import { batchingText, stateWords } from './hybrid-state.ts';

/** The models of second opinions, a row each, and the cache that they share. */
export function ModelTable({ models, cache }: Pick<Hybrid, 'models' | 'cache'>) {
  return (
    <>
      <div class="scroll">
        <table class="figures" aria-label="Models of second opinions">
          <thead>
            <tr>
              <th scope="col">model</th>
              <th scope="col">state</th>
              <th scope="col">answered</th>
              <th scope="col">waiting</th>
              <th scope="col">pictures together</th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => {
              const { title, tone, detail } = stateWords(model);
              return (
                <tr key={model.wanted} data-testid="hybrid-model-row" data-model={model.wanted}>
                  <th scope="row" title={model.wanted}>
                    {model.model ?? model.wanted}
                  </th>
                  <td>
                    <span class={`pill ${tone}`} title={detail}>
                      {title}
                    </span>
                  </td>
                  <td class="num">{whole(model.answered)}</td>
                  <td class="num">{whole(model.waiting)}</td>
                  <td>{batchingText(model)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {cache.hits + cache.misses > 0 && (
        <p class="hint muted">
          {`${whole(cache.hits)} of ${whole(cache.hits + cache.misses)} pictures had been looked at before: ${whole(cache.entries)} answers are kept (${bytes(cache.bytes)}).`}
        </p>
      )}
    </>
  );
}
