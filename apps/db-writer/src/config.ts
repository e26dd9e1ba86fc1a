import { commonConfig, mysqlUrl, secret } from '@parvis/service/read-config'
import { Type } from 'typebox'

export const config = Type.Object({
  ...commonConfig,
  MYSQL_URL: mysqlUrl,
  SERVICE_TOKEN: secret('what operators show at /db/posts'),
})
