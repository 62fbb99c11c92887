/** Something could not be read: what, and a way to try again. */
export function Failure({ reason, onRetry }: { reason: string; onRetry: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <span>{reason}</span>
      <button type="button" class="button small" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
