import { storesConfig } from '@parvis/bus/stores/stores-config'
import { commonConfig, mysqlUrl, redisPrefix, redisUrl, secret } from '@parvis/service/read-config'
import { Type } from 'typebox'

const { MESSAGE_EXPIRE_HOURS, IDEMPOTENCY_KEEP_HOURS } = storesConfig

export const config = Type.Object({
  ...commonConfig,
  MYSQL_URL: mysqlUrl,
  REDIS_URL: redisUrl,
  REDIS_PREFIX: redisPrefix,
  SERVICE_TOKEN: secret('what gateways and operators show'),
  MESSAGE_EXPIRE_HOURS,
  IDEMPOTENCY_KEEP_HOURS,
  STORE_MESSAGES: Type.Integer({ default: 1_000_000, minimum: 1, description: 'messages in MySQL, at most' }),
  STORE_BYTES: Type.Integer({ default: 4 * 1024 ** 3, minimum: 1, description: 'bytes of bodies in MySQL, at most' }),
})
