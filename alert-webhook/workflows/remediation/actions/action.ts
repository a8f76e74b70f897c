import type { Context } from "../../../context.ts"
import type { Effect } from "../../../domain/remediation/decide.ts"
import type { Incident } from "../../../store/incidents/list.ts"

/** What an action is asked to do. */
export interface Job {
	readonly incident: Incident
	/** What `target` made of the incident. */
	readonly target: string
	/** Aborted at the deadline. */
	readonly signal: AbortSignal
}

/** Something that can be done about an alert. One folder each. */
export interface Action {
	/** One line for people. */
	readonly describe: string
	/**
	 * What its success is judged by. One that repairs has to make the alert's own expression clear; one that contains has
	 * done all it can when `verify` says so, for the violation or the money that set off the alert stays counted.
	 */
	readonly effect: Effect
	/** What it would act on, or undefined when the incident does not say. */
	target(incident: Incident): string | undefined
	/** Why it cannot or need not be done, or undefined when nothing stands against it. */
	precondition(ctx: Context, job: Job): Promise<string | undefined>
	/** Every step that `run` would take, in words. Changes nothing. */
	plan(ctx: Context, job: Job): Promise<readonly string[]>
	/** Does it; returns what is worth keeping. Throws when it could not. */
	run(ctx: Context, job: Job): Promise<Record<string, unknown>>
	/** Whether what it acts on is as it should be, on evidence: what nothing is known of is not. */
	verify(ctx: Context, job: Job): Promise<boolean>
}
