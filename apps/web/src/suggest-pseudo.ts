import type { Language } from './language.ts'

// Who is found on a square in front of a cathedral.
const names: Record<Language, readonly string[]> = {
  fr: ['Hirondelle', 'Moineau', 'Martinet', 'Pigeon', 'Gargouille', 'Passante', 'Bateleur', 'Colombe', 'Flâneuse'],
  en: ['Swallow', 'Sparrow', 'Swift', 'Pigeon', 'Gargoyle', 'Passerby', 'Juggler', 'Dove', 'Stroller'],
}

/** A pseudo to begin with, so that nobody has to invent one. @param random at least 0 and below 1 */
export function suggestPseudo(language: Language, random: () => number): string {
  const list = names[language]
  return `${list[Math.floor(random() * list.length)]} ${10 + Math.floor(random() * 90)}`
}
