import { type ReviewSettings, review, type Verdict } from './review-rules.ts'

export interface ReviewTask {
  text: string
  settings: ReviewSettings
}

// Runs in a thread: review is the only step of a post's journey whose cost its author decides.
export default function reviewTask(tasks: readonly ReviewTask[]): Verdict[] {
  return tasks.map(({ text, settings }) => review(text, settings))
}
