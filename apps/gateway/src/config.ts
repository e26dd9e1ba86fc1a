import { storesConfig } from '@parvis/bus/stores/stores-config'
import { HEARTBEAT_MS } from '@parvis/contracts/limits'
import { commonConfig, mysqlUrl, redisPrefix, redisUrl, secret } from '@parvis/service/read-config'
import { Type } from 'typebox'
import { limitsConfig } from './limits.ts'

export const config = Type.Object({
  ...commonConfig,
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535, description: 'the HTTP port; 0 takes a free one' }),
  MYSQL_URL: mysqlUrl,
  REDIS_URL: redisUrl,
  REDIS_PREFIX: redisPrefix,
  ...storesConfig,
  ...limitsConfig,
  SERVICE_TOKEN: Type.Optional(secret('what it shows to the message store')),
  JWT_SECRET: secret('signs tokens and makes the ids of posts; the same on every gateway'),
  ALLOWED_ORIGINS: Type.String({
    default: '',
    // Exact ones: no wildcard, no path.
    pattern: '^\\s*(https?://[^\\s,/*]+\\s*(,\\s*https?://[^\\s,/*]+\\s*)*)?$',
    description:
      "origins of other hosts' pages that may use this wall, separated by commas; the gateway's own page always may",
  }),
  HEARTBEAT_MS: Type.Integer({
    default: HEARTBEAT_MS,
    minimum: 500,
    maximum: 60_000,
    description:
      'how often sockets are pinged and told their positions; below the idle time-out of any proxy before it',
  }),
  INSTANCE: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description: "this gateway's name on the broker; random if not set",
    }),
  ),
  WEB_ROOT: Type.Optional(Type.String({ description: 'the folder of the built page; without it there is none' })),
})
