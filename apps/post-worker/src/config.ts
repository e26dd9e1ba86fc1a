import { commonConfig } from '@parvis/service/read-config'
import { Type } from 'typebox'

export const config = Type.Object({
  ...commonConfig,
  WORDS_NOT_WANTED: Type.Optional(
    Type.String({
      description: 'words that refuse a post, separated by commas, instead of our short list; empty for none',
    }),
  ),
})
