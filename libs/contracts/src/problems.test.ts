import { type ProblemCode, problem, problems } from './problems.ts'

const codes = Object.keys(problems) as ProblemCode[]

test.each(codes)('%s has a status of refusal and a title of its own', (code) => {
  const { status, title } = problems[code]
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
  expect([400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 431, 500, 503]).toContain(status)
  expect(title).toMatch(/^[A-Z].*[^.]$/)
  expect(codes.filter((other) => problems[other].title === title)).toEqual([code])
})

test('a refusal over HTTP has what RFC 9457 asks for, and its code', () => {
  expect(problem('text-empty', 'text: 1 character at least', { field: 'text' })).toEqual({
    type: 'urn:parvis:problem:text-empty',
    title: 'The text is empty',
    status: 422,
    code: 'text-empty',
    detail: 'text: 1 character at least',
    field: 'text',
  })
  expect(problem('not-found')).toMatchObject({ status: 404, detail: 'No such address' })
})
