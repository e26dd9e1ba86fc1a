/** The next post's number; no two posts of one run share it, so that readers tell them apart. */
let numbers = 0

/** The characters of a post's text, unless said otherwise. */
const TEXT_BYTES = 256

export interface PostText {
  number: number
  text: string
}

/** A text that says when it was meant to be posted, `bench-<ns>-<number>-…`: readers find it in any frame. */
export function postText(intended: bigint, bytes = TEXT_BYTES): PostText {
  const number = ++numbers
  // Words of ordinary length: a single long one could be taken for spam.
  return { number, text: `bench-${intended}-${number}-`.padEnd(bytes, ' lorem ipsum dolor sit amet consectetur') }
}
