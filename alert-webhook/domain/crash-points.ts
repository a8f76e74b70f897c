/**
 * Every place at which a crash matters: between two effects of which both or none must happen. `recorded` is within a
 * transaction, right before its commit; `committed` is right after it, before anything else learns of it.
 */
export const CRASH_POINTS = [
	"intake.parsed",
	"intake.recorded",
	"intake.committed",
	/** The action's objection is known; nothing is decided. */
	"proposal.looked",
	"proposal.recorded",
	"proposal.committed",
	/** A person has approved or refused. */
	"answer.recorded",
	"answer.committed",
	/** This process alone may run the action; it has not started. */
	"remediation.claiming",
	"remediation.claimed",
	/** The action has run; nothing records it. */
	"remediation.acted",
	"remediation.recorded",
	"remediation.committed",
	"verification.looked",
	"verification.recorded",
	"verification.committed",
	/** A page is due; nothing records it. */
	"escalation.due",
	"escalation.recorded",
	"escalation.committed",
	/** The pages to send are known; Alertmanager has none of them. */
	"pages.read",
	/** Alertmanager has them; nothing records it. */
	"pages.posted",
	"pages.marked",
	"acknowledgement.recorded",
	"acknowledgement.committed",
	"closing.recorded",
	"closing.committed",
	/** A window was opened or ended; nothing follows from it yet. */
	"maintenance.changed",
	/** The incidents that a window suppresses, or resumes. */
	"maintenance.recorded",
	"maintenance.committed",
	/** The control state has changed; neither the sessions nor the workflow know. */
	"control.recorded",
	"control.committed",
	/** The sessions to pause are stored, so that they can be resumed; none is paused. */
	"sessions.remembered",
	/** Sessions were ended, paused or resumed; nothing records it. */
	"sessions.updated",
	/** The workflow is stored as disabled by us; it is enabled. */
	"workflow.claimed",
	/** GitHub has done it; nothing records it. */
	"workflow.updated",
	/** A brake's former limit is stored; the limit is unchanged. */
	"brake.claimed",
	/** A brake's limit is zero or restored; nothing records it. */
	"brake.updated",
	/** A call waits, or a person has answered it; its page and its record are in the same transaction. */
	"call.recorded",
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** The crash point at which a process dies, the n-th time that it gets there. */
export interface Crash {
	readonly point: CrashPoint
	readonly passing: number
}

/** Parses `POINT` or `POINT:N`; undefined for anything else. */
export function parseCrash(text: string): Crash | undefined {
	const [, name, passing = "1"] = /^([a-z.]+)(?::([1-9]\d{0,5}))?$/.exec(text) ?? []
	const point = CRASH_POINTS.find((known) => known === name)
	return point && { point, passing: Number(passing) }
}

/** Called at every crash point. */
export type CrashHook = (point: CrashPoint) => void

/** Kills the process at a crash point without any cleanup, to prove that nothing is lost or doubled. */
export function crashAt({ point: wanted, passing }: Crash, die: () => void): CrashHook {
	let left = passing
	return (point) => {
		if (point === wanted && --left === 0) die()
	}
}

/** No crash: every process outside tests. */
export const NO_CRASH: CrashHook = () => undefined

/** Ends this process as a power cut would: no code runs after this call. */
export const killProcess = (): void => {
	process.kill(process.pid, "SIGKILL")
}
