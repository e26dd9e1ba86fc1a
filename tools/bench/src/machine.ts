import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { manage } from '@parvis/stack/manage'
import { Redis } from 'ioredis'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import type { BenchServers } from './bench-servers.ts'

/** Lines for the head of the report: what the figures were measured on. */
export type Machine = Record<string, string>

/** Describes this machine, its kernel and the servers, whose versions are asked from themselves. */
export async function describeMachine(servers: BenchServers): Promise<Machine> {
  await using ground = await servers.freshGround()
  const { rabbitmq, mysql, redis } = ground.servers
  const [broker, sql, keys] = await Promise.all([
    rabbitmqVersion(rabbitmq.management),
    mysqlVersion(mysql.url),
    redisVersion(redis.url),
  ])
  const gib = totalmem() / 1024 ** 3
  return {
    Processor: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    Memory: `${gib.toFixed(1)} GiB`,
    Kernel: `${process.platform} ${release()}, congestion control ${fact('/proc/sys/net/ipv4/tcp_congestion_control')}`,
    'Open files a process': openFiles(),
    Node: process.version,
    RabbitMQ: broker,
    SQL: sql,
    Redis: keys,
    Servers: where(servers.how, rabbitmq.url),
  }
}

function where(how: BenchServers['how'], url: string): string {
  if (how !== 'docker') return 'programs of this machine'
  const published = new URL(url).hostname === '127.0.0.1'
  return `in Docker on this machine, ${published ? 'through its proxy' : 'at their containers’ addresses'}`
}

async function rabbitmqVersion(management: string): Promise<string> {
  const answer = await manage(management, 'GET', '/api/overview')
  const { rabbitmq_version: version, erlang_version: erlang } = answer as Record<string, string>
  return `${version}, Erlang ${erlang}`
}

async function mysqlVersion(uri: string): Promise<string> {
  const connection = await createConnection({ uri })
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT VERSION() AS version, @@innodb_flush_log_at_trx_commit AS flush, @@version_comment AS comment',
    )
    const { version, flush, comment } = rows[0] as RowDataPacket
    return `${/maria/i.test(version) ? 'MariaDB' : 'MySQL'} ${version} (${comment}), innodb_flush_log_at_trx_commit=${flush}`
  } finally {
    connection.destroy()
  }
}

async function redisVersion(url: string): Promise<string> {
  const redis = new Redis(url)
  try {
    return /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
  } finally {
    redis.disconnect()
  }
}

/** The hard limit: what a process may raise its own to. */
function openFiles(): string {
  return execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
}

function fact(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
