import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { findProgram } from './find-program.ts'
import { freePort } from './free-port.ts'
import { mysqlAnswers } from './server-answers.ts'
import { type ServerProgram, startProgram } from './server-program.ts'
import { type Log, PlainError } from './servers.ts'
import { waitUntil } from './wait-until.ts'

/** What promises rest on, the same by every way: a commit is on the disk before it is answered. */
export const MYSQL_OPTIONS = ['--innodb-flush-log-at-trx-commit=1', '--max-connections=500']

/**
 * Starts MariaDB or MySQL on a free port of 127.0.0.1, its data in `<home>/mysql`, with the database `parvis` and
 * an administrator of that name. The program is handed to `started` before it answers.
 */
export async function startMysql(
  home: string,
  password: string,
  { log, limitMs, started }: { log: Log; limitMs: number; started: (program: ServerProgram) => void },
): Promise<{ url: string; pid: number }> {
  const program = findProgram('mariadbd', 'mysqld') as string
  const isMariadb = (await execa(program, ['--version'])).stdout.includes('MariaDB')
  const data = join(home, 'mysql')
  if (!existsSync(data)) {
    log('making an empty database')
    await initialise(isMariadb ? 'mariadb-install-db' : program, data, isMariadb, join(home, 'logs'))
  }
  const port = await freePort()
  const initFile = join(home, 'mysql-account.sql')
  await writeFile(initFile, accountStatements(password), { mode: 0o600 })
  const server = await startProgram({
    name: isMariadb ? 'MariaDB' : 'MySQL',
    command: program,
    args: [
      '--no-defaults',
      ...asRoot(),
      `--datadir=${data}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      // Relative to the data folder, into which the server changes: a full path may be longer than a socket's 107 bytes.
      '--socket=mysql.sock',
      '--pid-file=mysql.pid',
      `--init-file=${initFile}`,
      '--skip-name-resolve',
      ...MYSQL_OPTIONS,
      ...(isMariadb ? [] : ['--mysqlx=OFF', '--disable-log-bin']),
    ],
    cwd: home,
    logFile: join(home, 'logs', 'mysql.log'),
  })
  started(server)
  const url = `mysql://parvis:${password}@127.0.0.1:${port}/parvis`
  const { failed, logFile, pid } = server
  await waitUntil(server.name, () => mysqlAnswers(url), { limitMs, failed, log, hint: `Its log: ${logFile}` })
  return { url, pid }
}

/** Makes the system tables beside the final place and renames them: a start that was cut off leaves no half database. */
async function initialise(program: string, data: string, isMariadb: boolean, logs: string): Promise<void> {
  const fresh = `${data}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { mode: 0o700 })
  const logFile = join(logs, 'mysql-install.log')
  // mariadb-install-db breaks on a space in the path when it is given --user.
  const args = isMariadb
    ? ['--no-defaults', `--datadir=${fresh}`, '--auth-root-authentication-method=socket', '--skip-test-db']
    : ['--no-defaults', ...asRoot(), '--initialize-insecure', `--datadir=${fresh}`]
  const { failed, exitCode } = await execa(program, args, {
    stdin: 'ignore',
    all: true,
    stdout: { file: logFile },
    stderr: { file: logFile },
    timeout: 120_000,
    reject: false,
  })
  if (failed) throw new PlainError(`The empty database could not be made (exit ${exitCode}). Its log: ${logFile}`)
  await rename(fresh, data)
}

/** Run before the server listens, at each start: nobody meets it without a password. One statement a line. */
function accountStatements(password: string): string {
  return [
    'CREATE DATABASE IF NOT EXISTS parvis;',
    `CREATE USER IF NOT EXISTS 'parvis'@'%' IDENTIFIED BY '${password}';`,
    `ALTER USER 'parvis'@'%' IDENTIFIED BY '${password}';`,
    "GRANT ALL PRIVILEGES ON *.* TO 'parvis'@'%' WITH GRANT OPTION;",
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
    '',
  ].join('\n')
}

/** Both servers refuse to run as root unless they are told so. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : []
}
