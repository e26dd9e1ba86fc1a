/** What a post by hand says whose author gave no name. A page says it in its reader's language. */
export const ANONYMOUS = 'anonymous'
