// Floor: the rows of a table into one just like it, by INSERTs of 500 and nothing around them.
import { createConnection, format, type RowDataPacket } from 'mysql2/promise'

const { url, connections } = JSON.parse(process.env.FLOOR ?? '{}') as { url: string; connections: number }
const BATCH = 500

const all = await Promise.all(Array.from({ length: connections }, () => createConnection({ uri: url })))
const first = all[0]!
await first.query('DROP TABLE IF EXISTS bare')
await first.query('CREATE TABLE bare LIKE entries')
const [rows] = await first.query<RowDataPacket[]>({
  sql: 'SELECT * FROM entries ORDER BY channel_id, seq',
  rowsAsArray: true,
})
// Ready before the clock runs: the statements are the least that can be sent.
const statements: string[] = []
for (let from = 0; from < rows.length; from += BATCH) {
  statements.push(format('INSERT INTO bare VALUES ?', [rows.slice(from, from + BATCH)]))
}
const cpu = process.cpuUsage()
const started = performance.now()
// Neighbouring statements, so a connection writes at one end of the index as a partition does.
const share = Math.ceil(statements.length / connections)
await Promise.all(
  all.map(async (connection, index) => {
    for (const statement of statements.slice(index * share, (index + 1) * share)) await connection.query(statement)
  }),
)
const took = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(cpu)
await first.query('DROP TABLE bare')
for (const connection of all) await connection.end()
process.stdout.write(`${JSON.stringify({ rowsPerSecond: rows.length / took, clientCpuMs: (user + system) / 1000 })}\n`)
