/** A person's judgement of an alert, given when its incident is closed. */
export const VERDICTS = ["true_positive", "false_positive", "expected"] as const
