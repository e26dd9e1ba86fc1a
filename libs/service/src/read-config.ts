import envSchema from 'env-schema'
import { type Static, type TObject, Type } from 'typebox'

/** What every process reads. An address has a host: without one it would mean whatever answers at a default port. */
export const commonConfig = {
  HOST: Type.String({
    default: '127.0.0.1',
    description: 'the address to listen on; 0.0.0.0 for the phones of a room',
  }),
  PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: 'the HTTP port; 0 takes a free one' }),
  RABBITMQ_URL: Type.String({ pattern: '^amqps?://[^/?#]+', description: 'amqp://user:password@host:port/vhost' }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info', description: 'the least important lines to log' },
  ),
}

export const mysqlUrl = Type.String({
  pattern: '^mysql://[^/?#]+/[^/?#]+',
  description: 'mysql://user:password@host:port/database',
})
export const redisUrl = Type.String({ pattern: '^rediss?://[^/?#]+', description: 'redis://user:password@host:port' })
export const redisPrefix = Type.String({ default: 'parvis:', description: 'what every Redis key begins with' })
/** A secret is never defaulted, and never short: 32 characters hold 128 bits even in hexadecimal. */
export const secret = (description: string) => Type.String({ minLength: 32, description })

export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Reads the environment by a schema; nothing else in a process reads it.
 * Throws one ConfigError that names all faults, without any value (it may be a secret).
 */
export function readConfig<S extends TObject>(schema: S, env: NodeJS.ProcessEnv = process.env): Static<S> {
  try {
    return envSchema<Static<S>>({ schema, data: env, dotenv: false, env: false })
  } catch (error) {
    throw new ConfigError(faults(error, schema).join('; '))
  }
}

interface Fault {
  instancePath: string
  keyword?: string
  message?: string
  params: { missingProperty?: string; allowedValue?: string }
}

function faults(error: unknown, schema: TObject): string[] {
  const errors = (error as { errors?: Fault[] }).errors
  if (!errors) return [String(error)]
  // A value that is none of several is said by a fault for each of them, and one for all.
  const choices = Map.groupBy(
    errors.filter(({ params }) => params.allowedValue !== undefined),
    ({ instancePath }) => instancePath,
  )
  const said = errors.map(({ instancePath, keyword, message, params }) => {
    const name = instancePath.slice(1)
    const values = choices.get(instancePath)?.map((one) => one.params.allowedValue)
    if (values) return `${name} must be one of ${values.join(', ')}`
    if (params.missingProperty) return `${params.missingProperty} is missing`
    const what = keyword === 'pattern' ? 'is not written as it must be' : message
    const { description } = (schema.properties as Record<string, { description?: string }>)[name] ?? {}
    return `${name} ${what}${description ? ` (${description})` : ''}`
  })
  return [...new Set(said)]
}
