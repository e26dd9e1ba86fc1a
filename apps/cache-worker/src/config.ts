import { commonConfig, mysqlUrl, redisPrefix, redisUrl, secret } from '@parvis/service/read-config'
import { Type } from 'typebox'

export const config = Type.Object({
  ...commonConfig,
  MYSQL_URL: mysqlUrl,
  REDIS_URL: redisUrl,
  REDIS_PREFIX: redisPrefix,
  SERVICE_TOKEN: secret('what operators show at /cache/posts'),
})
