import { migrateJob } from '@parvis/storage/migrate-job'
import { wallTables } from './wall-tables.ts'

// The boot job: the wall's tables, in the database at MYSQL_URL.
await migrateJob(wallTables)
