import { migrateJob } from '@parvis/storage/migrate-job'

// The boot job: the store's own tables, in the database at MYSQL_URL.
await migrateJob({ folder: new URL('./migrations/', import.meta.url), table: 'message_store_migrations' })
