/** Where the reading of something from the hub is. */
export type Loading = { readonly kind: 'loading' | 'ready' } | { readonly kind: 'failed'; readonly reason: string };
