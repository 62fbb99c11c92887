interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}

/** Recovery codes, which the hub shows only once. */
export function RecoveryCodes({ codes, onClose }: RecoveryCodesProps) {
  const text = codes.join('\n');
  return (
    <div class="alert-form hint">
      <p>
        Keep these recovery codes where your phone is not. Each signs you in once, instead of a code of the app.{' '}
        <strong>They are shown only now.</strong>
      </p>
      <pre class="secret" data-testid="recovery-codes">
        {text}
      </pre>
      <span class="page-actions">
        <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(text)}>
          Copy
        </button>
        <button type="button" class="button primary" onClick={onClose}>
          I have saved them
        </button>
      </span>
    </div>
  );
}
