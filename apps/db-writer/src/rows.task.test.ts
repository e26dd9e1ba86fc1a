import rowsTask, { searchText, sqlUuid } from './rows.task.ts'

test.each([
  ['ÉCOLE  Ecole', 'ecole ecole'],
  ['a b c', 'a b c'],
  [' \t a\n\nb \u00a0c\u2003d\ve\r', 'a b c d e'],
  ['ﬁn ①', 'fin 1'],
  ['\n', ''],
])('what is searched has no case, accents, widths, and single blanks: %j', (text, folded) => {
  expect(searchText(text)).toBe(folded)
})

test('a UUID is its 16 bytes in SQL, and whatever else comes as one stays within its quotes', () => {
  expect(sqlUuid('018f2f2e-7c3a-7d10-8a4b-0123456789ab')).toBe("X'018f2f2e7c3a7d108a4b0123456789ab'")
  expect(sqlUuid("0'; DROP TABLE entries; -- ")).toBe("X'0\\'; DROP TABLE entries;  '")
})

test('a row has its values in the order of the columns', () => {
  const id = '018f2f2e-7c3a-7d10-8a4b-0123456789ab'
  const post = { id, clientId: id, channel: 'wall', author: "O'Ada", text: 'Hé ?', createdAt: 1, reviewedAt: 2 }
  const hex = "X'018f2f2e7c3a7d108a4b0123456789ab'"
  expect(rowsTask([post, { ...post, sessionId: id, via: 'broker', mentions: ['Bob'] }])).toEqual([
    `0,${hex},${hex},NULL,0,'O\\'Ada','Hé ?',NULL,'he ?',1,2`,
    `0,${hex},${hex},${hex},1,'O\\'Ada','Hé ?','{\\"mentions\\":[\\"Bob\\"]}','he ?',1,2`,
  ])
})
