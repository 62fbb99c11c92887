/** Where the first token is. */
export function TokenHelp({ id }: { id: string }) {
  return (
    <div id={id} class="help muted">
      <p>
        On its first start the hub wrote an administrator's token to <code>admin.token</code> in its data folder. The
        folder is <code>./data</code> (of <code>npm start</code>: <code>./data/hub</code>), or what{' '}
        <code>--data-dir</code> or <code>VEDETTE_DATA_DIR</code> says. On the hub's machine:
      </p>
      <pre>cat data/admin.token data/hub/admin.token</pre>
      <p>Of the Debian package:</p>
      <pre>sudo cat /var/lib/vedette-hub/admin.token</pre>
      <p>A one-time link that the hub printed signs you in without a token.</p>
    </div>
  );
}
