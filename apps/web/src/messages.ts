import type { Language } from './language.ts'

// Every word of the page. French is held to English's keys by its type, and by a test to its placeholders.

const plural = (language: Language) => {
  const rules = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language)
  return (n: number, one: string, other: string) => `${numbers.format(n)} ${rules.select(n) === 'one' ? one : other}`
}
const en = plural('en')
const fr = plural('fr')

const english = {
  tagline: 'A wall for everyone',
  otherLanguage: 'Français',
  otherLanguageTag: 'fr',

  channel: 'Channel',
  goToChannel: 'Go',

  choosePseudo: 'Choose a pseudo',
  pseudo: 'Your pseudo',
  pseudoHint: 'This is how you will be seen. No account, no password.',
  take: 'Take this pseudo',
  takeAndPost: 'Take this pseudo and post',
  taking: 'Taking it…',
  tryAgainIn: (n: number) => `Try again in ${en(n, 'second', 'seconds')}.`,
  takeSuggestion: (name: string) => `Take “${name}” instead`,
  cancel: 'Cancel',
  writingAs: 'Writing as',
  changePseudo: 'Change pseudo',
  logOut: 'Give it back',

  write: 'Write on the wall',
  writePlaceholder: 'What do you want everyone here to read?',
  post: 'Post',
  keys: 'Enter posts, Shift + Enter starts a new line',
  charactersLeft: (n: number) => en(n, 'character left', 'characters left'),
  charactersOver: (n: number) => en(n, 'character too many', 'characters too many'),

  wall: 'The wall',
  loading: 'Reading the wall…',
  empty: 'Nobody has written here yet.',
  emptyHint: 'The first words are yours.',
  showOlder: 'Show older posts',
  loadingOlder: 'Reading older posts…',
  olderFailed: 'Older posts could not be read.',
  tryAgain: 'Try again',
  beginning: 'This is where the wall begins.',
  heldAll: 'This page holds no more posts.',

  sending: 'Sending…',
  stillTrying: 'Still trying to send…',
  waitingSeconds: (n: number) => `Trying again in ${en(n, 'second', 'seconds')}`,
  waitingForPseudo: 'Waits until you have chosen a pseudo',
  accepted: 'Accepted',
  onTheWall: 'On the wall',
  refused: 'Refused',
  retry: 'Retry',
  edit: 'Edit',
  discard: 'Discard',
  anonymous: 'anonymous',
  byHand: 'by hand',
  byHandHint: 'Published by hand in the broker: nobody checked who wrote it.',
  removed: 'This post was removed.',
  today: 'Today',
  yesterday: 'Yesterday',
  now: 'just now',

  live: 'Live',
  connecting: 'Connecting…',
  offline: 'Not connected',
  offlineFor: (seconds: number) => `for ${en(seconds, 'second', 'seconds')}.`,
  nextTry: (seconds: number) => `Next try in ${en(seconds, 'second', 'seconds')}.`,
  trying: 'Trying…',
  retryNow: 'Try now',
  postsWaiting: (n: number) =>
    `${en(n, 'post of yours waits and will leave by itself', 'posts of yours wait and will leave by themselves')}.`,
  backAgain: 'Connected again.',
  caughtUp: (n: number) => `Connected again: ${en(n, 'post', 'posts')} caught up.`,
  newPosts: (n: number) => en(n, 'new post', 'new posts'),
}

export type Messages = typeof english

const french: Messages = {
  tagline: 'Un mur pour tout le monde',
  otherLanguage: 'English',
  otherLanguageTag: 'en',

  channel: 'Canal',
  goToChannel: 'Aller',

  choosePseudo: 'Choisir un pseudo',
  pseudo: 'Votre pseudo',
  pseudoHint: 'C’est ainsi que l’on vous verra. Ni compte, ni mot de passe.',
  take: 'Prendre ce pseudo',
  takeAndPost: 'Prendre ce pseudo et publier',
  taking: 'Un instant…',
  tryAgainIn: (n) => `Réessayez dans ${fr(n, 'seconde', 'secondes')}.`,
  takeSuggestion: (name) => `Prendre plutôt « ${name} »`,
  cancel: 'Annuler',
  writingAs: 'Vous écrivez sous le nom de',
  changePseudo: 'Changer de pseudo',
  logOut: 'Le rendre',

  write: 'Écrire sur le mur',
  writePlaceholder: 'Que voulez-vous faire lire à tout le monde ici ?',
  post: 'Publier',
  keys: 'Entrée publie, Maj + Entrée va à la ligne',
  charactersLeft: (n) => fr(n, 'caractère restant', 'caractères restants'),
  charactersOver: (n) => fr(n, 'caractère de trop', 'caractères de trop'),

  wall: 'Le mur',
  loading: 'Lecture du mur…',
  empty: 'Personne n’a encore écrit ici.',
  emptyHint: 'Les premiers mots sont à vous.',
  showOlder: 'Voir les messages plus anciens',
  loadingOlder: 'Lecture des messages plus anciens…',
  olderFailed: 'Les messages plus anciens n’ont pas pu être lus.',
  tryAgain: 'Réessayer',
  beginning: 'C’est ici que le mur commence.',
  heldAll: 'Cette page ne retient pas plus de messages.',

  sending: 'Envoi…',
  stillTrying: 'Toujours en cours d’envoi…',
  waitingSeconds: (n) => `Nouvel essai dans ${fr(n, 'seconde', 'secondes')}`,
  waitingForPseudo: 'Attend que vous ayez choisi un pseudo',
  accepted: 'Accepté',
  onTheWall: 'Sur le mur',
  refused: 'Refusé',
  retry: 'Réessayer',
  edit: 'Modifier',
  discard: 'Jeter',
  anonymous: 'anonyme',
  byHand: 'à la main',
  byHandHint: 'Publié à la main dans le courtier de messages : personne n’a vérifié qui l’a écrit.',
  removed: 'Ce message a été retiré.',
  today: 'Aujourd’hui',
  yesterday: 'Hier',
  now: 'à l’instant',

  live: 'En direct',
  connecting: 'Connexion…',
  offline: 'Hors connexion',
  offlineFor: (seconds) => `depuis ${fr(seconds, 'seconde', 'secondes')}.`,
  nextTry: (seconds) => `Prochain essai dans ${fr(seconds, 'seconde', 'secondes')}.`,
  trying: 'Essai en cours…',
  retryNow: 'Essayer maintenant',
  postsWaiting: (n) =>
    `${fr(n, 'de vos messages attend et partira', 'de vos messages attendent et partiront')} tout seul${n > 1 ? 's' : ''}.`,
  backAgain: 'De nouveau connecté.',
  caughtUp: (n) => `De nouveau connecté : ${fr(n, 'message rattrapé', 'messages rattrapés')}.`,
  newPosts: (n) => fr(n, 'nouveau message', 'nouveaux messages'),
}

export const messages: Record<Language, Messages> = { en: english, fr: french }
