import type { Context } from "../../../context.ts"
import type { Effect } from "../../../domain/remediation/decide.ts"
import type { Incident } from "../../../store/incidents/list.ts"

/** The input of an action. */
export interface Job {
	readonly incident: Incident
	/** The result of `target` for the incident. */
	readonly target: string
	/** Aborted at the deadline. */
	readonly signal: AbortSignal
}

/** One action on an alert. One file each. */
export interface Action {
	/** One line for people. */
	readonly describe: string
	/**
	 * The criterion of its success. An action that repairs has to clear the alert's own expression; one that contains has
	 * succeeded when `verify` says so, because the violation or the cost that set off the alert stays counted.
	 */
	readonly effect: Effect
	/** The target, or undefined when the incident does not name one. */
	target(incident: Incident): string | undefined
	/** The reason why it cannot run or is not needed, or undefined. */
	precondition(ctx: Context, job: Job): Promise<string | undefined>
	/** Every step of `run`, for people. Changes nothing. */
	plan(ctx: Context, job: Job): Promise<readonly string[]>
	/** Runs it; returns details for the record. Throws when it failed. */
	run(ctx: Context, job: Job): Promise<Record<string, unknown>>
	/** Whether the target is healthy, on evidence: an unknown state is not. */
	verify(ctx: Context, job: Job): Promise<boolean>
}
