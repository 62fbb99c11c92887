import { whole } from '../ui/format.ts';

const SHOWN = 4;

interface VersionFilterProps {
  /** As of `versionsOf`. */
  readonly versions: readonly (readonly [string, number])[];
  readonly chosen: string | undefined;
  readonly onChoose: (version: string | undefined) => void;
}

/** The versions of the agent in the fleet, with how many devices run each; one shows these devices alone. Nothing where all run the same. */
export function VersionFilter({ versions, chosen, onChoose }: VersionFilterProps) {
  if (versions.length < 2) return null;
  const first = versions.slice(0, SHOWN);
  const others = versions.slice(SHOWN);
  const isOther = others.some(([version]) => version === chosen);
  return (
    <fieldset class="segmented versions" data-testid="versions">
      <legend class="hidden">Version of the agent</legend>
      <span class="muted" aria-hidden="true">
        Agent
      </span>
      {first.map(([version, count]) => (
        <button
          key={version}
          type="button"
          aria-pressed={version === chosen}
          title={`Devices whose agent has the version ${version}`}
          onClick={() => onChoose(version === chosen ? undefined : version)}
        >
          {version} <span class="num faint">{whole(count)}</span>
        </button>
      ))}
      {others.length > 0 && (
        <select
          aria-label="Other versions"
          value={isOther ? chosen : ''}
          onChange={(event) => onChoose(event.currentTarget.value || undefined)}
        >
          <option value="">{`${others.length} more…`}</option>
          {others.map(([version, count]) => (
            <option key={version} value={version}>{`${version} (${whole(count)})`}</option>
          ))}
        </select>
      )}
    </fieldset>
  );
}
