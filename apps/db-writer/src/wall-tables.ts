/** The wall's tables: the numbered files that make them, and the table that remembers which were run. */
export const wallTables = { folder: new URL('./migrations/', import.meta.url), table: 'migrations' }
